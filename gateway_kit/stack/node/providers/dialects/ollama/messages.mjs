// Reading Ollama's messages and prompts.

import { imageSize } from "../../image_size.mjs";
import { decodeContext } from "./context.mjs";
import { invalid } from "./words.mjs";

// Ollama counts every image as so many tokens when it looks whether a prompt fits.
const TOKENS_PER_IMAGE = 768;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;
// Roles that a chat template does not know count as the user's.
const ROLES = ["system", "user", "assistant", "tool"];

function readImages(images) {
  for (const image of images ?? []) {
    const data = image.replace(/^data:[^,]*,/, "");
    if (data.length % 4 !== 0 || !BASE64.test(data)) throw invalid(`illegal base64 data at input byte ${Math.max(0, data.search(/[^A-Za-z0-9+/]/))}`);
    if (!imageSize(Buffer.from(data.slice(0, 400_000), "base64"))) throw invalid("Failed to load image or audio file");
  }
  const count = images?.length ?? 0;
  return { images: count, mediaTokens: count * TOKENS_PER_IMAGE };
}

export function readMessages(messages) {
  return messages.map((message) => {
    const role = String(message.role ?? "").toLowerCase();
    return {
      role: ROLES.includes(role) ? role : "user",
      text: message.content ?? "",
      toolCallId: message.tool_call_id,
      toolName: message.tool_name,
      toolCalls: (message.tool_calls ?? []).map((call) => ({
        id: call.id, name: call.function?.name ?? "", arguments: JSON.stringify(call.function?.arguments ?? {}),
      })),
      ...readImages(message.images),
    };
  });
}

export function readPrompt(body) {
  const earlier = body.context?.length ? decodeContext(body.context) : [];
  const system = body.system && !body.raw ? [{ role: "system", text: body.system, toolCalls: [] }] : [];
  // Numbers from elsewhere cannot be read, but they are tokens of the prompt.
  const unread = earlier === null ? body.context.length : 0;
  const { images, mediaTokens } = readImages(body.images);
  const turns = body.suffix ? [said("user", `${body.prompt}\n…\n${body.suffix}`)] : readHeadings(body.prompt);
  Object.assign(turns.at(-1), { images, mediaTokens: mediaTokens + unread });
  return [...system, ...(earlier ?? []), ...turns];
}

const said = (role, text) => ({ role, text, toolCalls: [] });

const HEADING = /^### (System|User|Instruction|Input|Assistant|Response):?[ \t]*$/m;
const HEADED = { System: "system", Assistant: "assistant", Response: "assistant" };

/** The turns of a prompt whose headings name them, as LiteLLM writes a conversation for this endpoint; else one turn. */
function readHeadings(prompt) {
  const parts = prompt.startsWith("### ") ? prompt.split(HEADING) : [];
  const turns = [];
  for (let i = 1; i + 1 < parts.length; i += 2) if (parts[i + 1].trim()) turns.push(said(HEADED[parts[i]] ?? "user", parts[i + 1].trim()));
  return turns.length ? turns : [said("user", prompt)];
}
