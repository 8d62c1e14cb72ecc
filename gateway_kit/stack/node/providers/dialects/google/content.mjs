// Reads the contents of a request into messages, and checks the order of their turns as Google does.

import { ProviderError } from "../../errors.mjs";
import { mediaTokens, modalityOf } from "./media.mjs";
import { emptyContents, emptyPart, emptyParts, refuse } from "./wording.mjs";

const ROLES = ["user", "model", "function", "tool"];

/** `{ messages, media }`: the messages of a call, and the tokens of media by kind. `contents` is in Google's camelCase. */
export function readContents(contents, route, { resolution, generation }) {
  if (!contents?.length) throw emptyContents(route);
  const reading = { route, resolution, generation, media: {} };
  checkTurns(contents, route);
  return { messages: contents.flatMap((content, index) => readContent(content, `contents[${index}]`, reading)), media: reading.media };
}

function checkTurns(contents, route) {
  for (const [index, { role, parts }] of contents.entries()) {
    if (role !== undefined && role !== "" && !ROLES.includes(role)) throw refuse("Please use a valid role: user, model.");
    if (!parts?.length) throw emptyParts(route, index);
    const results = parts.filter((part) => part.functionResponse).length;
    const calls = index > 0 ? contents[index - 1].parts.filter((part) => part.functionCall).length : 0;
    if (results > 0 && calls === 0) {
      throw refuse("Please ensure that function response turn comes immediately after a function call turn.");
    }
    // A model's turn may come in several contents, as a stream brings it.
    if (calls > 0 && results !== calls && role !== "model") {
      throw refuse("Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.");
    }
  }
}

/**
 * From Gemini 3 on, in the turn that is not complete yet, the first call of each step brings back the signature that
 * came with it. Only an answer needs it: tokens are counted without.
 */
export function checkSignatures(contents, generation) {
  if (generation < 3) return;
  const isPrompt = ({ role, parts }) => role !== "model" && parts.some((part) => part.functionResponse === undefined);
  const start = contents.findLastIndex(isPrompt);
  for (const [index, { role, parts }] of contents.entries()) {
    const first = index > start && role === "model" ? parts.find((part) => part.functionCall) : undefined;
    if (first === undefined || first.thoughtSignature) continue;
    throw refuse(
      "Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly, and missing " +
      `thought_signature may lead to degraded model performance. Additional data, function call \`${first.functionCall.name}\`, position ${index + 1}. ` +
      "Please refer to https://ai.google.dev/gemini-api/docs/thought-signatures for more details.",
    );
  }
}

function readContent({ role, parts }, at, reading) {
  const results = [];
  const message = { role: role === "model" ? "assistant" : "user", text: "", toolCalls: [], mediaTokens: 0, images: 0 };
  let own = false;
  for (const [index, part] of parts.entries()) {
    const where = `${at}.parts[${index}]`;
    if (part.functionResponse) {
      results.push(readResult(part.functionResponse, where, reading));
      continue;
    }
    own = true;
    if (part.functionCall) message.toolCalls.push(readCall(part.functionCall, where));
    else if (part.inlineData || part.fileData) readMedia(message, part, where, reading);
    else if (part.text === undefined) throw emptyPart(reading.route, where);
    else if (part.thought !== true) addText(message, part.text);
  }
  return own ? [...results, message] : results;
}

// A user's texts are texts of their own; a model's are the pieces of one.
function addText(message, text) {
  message.text += message.text && message.role === "user" ? `\n${text}` : text;
}

function readCall({ id, name, args }, where) {
  if (!name) throw refuse(`* GenerateContentRequest.${where}.function_call.name: Name cannot be empty.\n`);
  return { id, name, arguments: JSON.stringify(args ?? {}) };
}

function readResult({ id, name, response, parts = [] }, where, reading) {
  if (!name) throw refuse(`* GenerateContentRequest.${where}.function_response.name: Name cannot be empty.\n`);
  const message = { role: "tool", text: resultText(response), toolName: name, toolCallId: id, toolCalls: [], mediaTokens: 0, images: 0 };
  for (const part of parts) readMedia(message, part, where, reading);
  return message;
}

// Clients wrap a tool's plain result as { content }, { result } or { output }.
function resultText(response = {}) {
  const names = Object.keys(response);
  const wrapped = names.length === 1 && ["content", "result", "output"].includes(names[0]) ? response[names[0]] : response;
  return typeof wrapped === "string" ? wrapped : JSON.stringify(wrapped);
}

const FILES_API = /^https:\/\/generativelanguage\.googleapis\.com\/\w+\/files\/([\w-]+)/;

function readMedia(message, { inlineData, fileData, mediaResolution }, where, reading) {
  const { mimeType, data, fileUri } = inlineData ?? fileData;
  const file = FILES_API.exec(fileUri ?? "")?.[1];
  if (file) {
    throw new ProviderError("bad_request", {
      code: 403, status: "PERMISSION_DENIED",
      message: `You do not have permission to access the File ${file} or it may not exist. (The simulator does not simulate the Files API.)`,
    });
  }
  if (fileUri?.startsWith("gs://") && reading.route.provider === "gemini") throw refuse(`Unsupported file uri: ${fileUri}`);
  const modality = modalityOf(mimeType ?? (fileData ? "video/mp4" : ""));
  if (modality === undefined) throw refuse(`Unsupported MIME type: ${mimeType ?? ""}`);
  if (inlineData && !data) throw emptyPart(reading.route, where);
  if (fileData && !fileUri) throw emptyPart(reading.route, where);
  const bytes = inlineData ? Buffer.from(data, "base64") : undefined;
  if (modality === "TEXT") {
    if (bytes) addText(message, bytes.toString("utf8"));
    return;
  }
  const tokens = mediaTokens(modality, bytes, { resolution: mediaResolution?.level ?? reading.resolution, generation: reading.generation });
  if (tokens === null) throw refuse("Unable to process input image. Please retry or report in https://developers.generativeai.google/guide/troubleshooting");
  message.mediaTokens += tokens;
  if (modality === "IMAGE") message.images += 1;
  reading.media[modality] = (reading.media[modality] ?? 0) + tokens;
}

/** The text of a system instruction. */
export function readInstruction(content) {
  return (content?.parts ?? []).map((part) => part.text ?? "").join("\n");
}
