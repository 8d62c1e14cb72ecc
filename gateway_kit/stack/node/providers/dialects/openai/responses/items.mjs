// Items of a response's input: completed to what the API lists, and read as the messages of a plain call.

import { randomBytes } from "node:crypto";

import { asJson } from "../../shared.mjs";
import { imageTokens } from "../images.mjs";
import { refusal } from "../words.mjs";
import { decrypt } from "./encrypted.mjs";
import { fileText, fileTokens } from "./files.mjs";
import { checkId } from "./words.mjs";

export const newId = (prefix) => `${prefix}_${randomBytes(24).toString("hex")}`;

const PREFIX = { message: "msg", function_call: "fc", custom_tool_call: "ctc", reasoning: "rs", compaction: "cmp" };

/** The item as the API would list it: with an id, a type, and content in parts. */
export function complete(item, place) {
  const type = item.type ?? "message";
  if (item.id && PREFIX[type]) checkId(item.id, PREFIX[type], `input[${place}].id`);
  const id = item.id ?? newId(PREFIX[type] ?? (type === "custom_tool_call_output" ? "ctco" : "fco"));
  if (type === "reasoning" || type === "compaction") return { ...item, id };
  const full = { ...item, id, type, status: item.status ?? "completed" };
  if (type === "message") full.content = partsOf(item);
  else if (Array.isArray(item.output)) full.output = item.output.map(completePart);
  return full;
}

function partsOf({ role, content }) {
  if (typeof content !== "string") return content.map(completePart);
  return [role === "assistant" ? { type: "output_text", text: content, annotations: [], logprobs: [] } : { type: "input_text", text: content }];
}

function completePart(part) {
  if (part.type === "input_image") return { ...part, detail: part.detail ?? "auto" };
  return part.type === "output_text" ? { ...part, annotations: part.annotations ?? [] } : part;
}

/** The messages of a plain call; `image` is the model's rule for the tokens of images, if it sees. */
export const messagesOf = (items, image) => items.filter((item) => item.type !== "reasoning").map((item) => messageOf(item, image));

const ROLES = { developer: "system" };

function messageOf(item, image) {
  switch (item.type) {
    case "function_call": return calling({ id: item.call_id, name: item.name, arguments: item.arguments });
    case "custom_tool_call": return calling({ id: item.call_id, name: item.name, arguments: asJson({ input: item.input }) });
    case "compaction": return { role: "system", text: decrypt(item.encrypted_content), toolCalls: [], images: 0, mediaTokens: 0 };
    case "function_call_output":
    case "custom_tool_call_output": return { role: "tool", toolCallId: item.call_id, toolCalls: [], ...contentOf(item.output, image) };
    default: return { role: ROLES[item.role] ?? item.role, toolCalls: [], ...contentOf(item.content, image) };
  }
}

const calling = (call) => ({ role: "assistant", text: "", toolCalls: [call], images: 0, mediaTokens: 0 });

function contentOf(content, image) {
  if (typeof content === "string") return { text: content, images: 0, mediaTokens: 0 };
  const found = { text: "", images: 0, mediaTokens: 0 };
  for (const part of content) {
    if (part.type === "input_image") {
      if (!part.image_url) throw refusal("Missing required parameter: 'image_url'.", "input", "missing_required_parameter");
      found.images += 1;
      if (image) found.mediaTokens += imageTokens({ url: part.image_url, detail: part.detail }, image);
    } else if (part.type === "input_file") {
      found.text += fileText(part);
      found.mediaTokens += fileTokens(part, image);
    } else found.text += part.text ?? part.refusal;
  }
  return found;
}
