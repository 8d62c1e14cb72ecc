// What the dialects share: checking and reading the parts of a request's body.
//
// A dialect reads a provider's request into one plain "call" and writes plain "replies", one per choice, back:
//   call  = { model, messages: [{ role, text, toolCalls: [{ id, name, arguments }], toolCallId, toolName,
//                                 mediaTokens, images }],
//             tools: [{ name, description, parameters }], toolChoice: "auto" | "none" | "required" | { name },
//             parallelTools, maxTokens, stop: [text], seed, choices,
//             format: undefined | { kind: "json_object" } | { kind: "json_schema", schema, name } | { kind: "enum", values },
//             thinking: undefined | { budget }, verbosity: undefined | "low" | "medium" | "high", stream }
//   reply = { index, text, reasoning, textPieces, reasoningPieces, toolCalls, textTokens, reasoningTokens, tokens,
//             tokensPerPiece (1 if missing), finish: "stop" | "length" | "tool_calls" | "stop_sequence", stopSequence }
//
// It exports read(body, route), complete(context, replies), contentType, and for streams functions that return lists
// of frames: open(context), reasoning(context, reply, piece), text(context, reply, piece),
// toolCall(context, reply, call, index), end(context, reply) and close(context, replies). It may export headers(context),
// fit(call, row), which shortens a call that is too long for the model, and failure(context): the frames of an error
// within a stream.

import { ProviderError } from "../errors.mjs";

export const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

export function invalid(message) {
  return new ProviderError("bad_request", { message });
}

/** The list under `name`, each entry an object; otherwise the provider's 400. */
export function objectList(body, name, { required = false } = {}) {
  const value = body[name];
  if (value === undefined || value === null) {
    if (required) throw invalid(`Missing required parameter: '${name}'.`);
    return [];
  }
  if (!Array.isArray(value) || !value.every(isObject) || (required && value.length === 0)) {
    throw invalid(`Invalid '${name}': expected a non-empty list of objects.`);
  }
  return value;
}

/** The text of a content field: a string, or the text parts of a list. */
export function textOf(content) {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content.map((part) => (typeof part === "string" ? part : typeof part?.text === "string" ? part.text : "")).join("");
}

const ROLES = ["system", "developer", "user", "assistant", "tool", "function"];

/** A message's role ("developer" counts as system, "function" as tool); otherwise the provider's 400. */
export function roleOf(message) {
  if (!ROLES.includes(message.role)) throw invalid(`Invalid role of a message: expected one of ${ROLES.join(", ")}.`);
  if (message.role === "developer") return "system";
  return message.role === "function" ? "tool" : message.role;
}

export function asJson(value) {
  return typeof value === "string" ? value : JSON.stringify(value ?? {});
}

export function parseArguments(text) {
  try {
    return JSON.parse(text || "{}");
  } catch {
    return {};
  }
}

/** A positive whole number of tokens, or undefined if the request sets no limit. */
export function tokenLimit(value, name) {
  if (value === undefined || value === null || value === -1) return undefined;
  if (!Number.isInteger(value) || value < 1) throw invalid(`Invalid '${name}': expected a whole number of at least 1.`);
  return value;
}

export function stopList(value) {
  const list = typeof value === "string" ? [value] : Array.isArray(value) ? value : [];
  return list.filter((stop) => typeof stop === "string" && stop !== "");
}

/** A part of a path as the client meant it. */
export function decodePart(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

