// Reads a request of Anthropic's Messages API into a call.

import { countPromptTokens, countTokens } from "../../tokens.mjs";
import { checkFields } from "../fields.mjs";
import { asJson } from "../shared.mjs";
import { asksForJson } from "./asked_form.mjs";
import { capabilitiesOf } from "./capabilities.mjs";
import { formatOf, readCitations } from "./citations.mjs";
import { checkContextManagement } from "./context_management.mjs";
import { checkConversation } from "./conversation.mjs";
import { NEWEST_VERSION, checkHeaders } from "./headers.mjs";
import { withHints } from "./hints.mjs";
import { documentTokens, imageTokens } from "./images.mjs";
import { BEDROCK_FIELDS, COUNT_FIELDS, FIELDS } from "./messages_fields.mjs";
import { isDeclined } from "./refusals.mjs";
import { checkStrictSchema } from "./schemas.mjs";
import { checkSampling, isRedacted, readThinking } from "./thinking.mjs";
import { wholeConversation } from "./threads.mjs";
import { readToolChoice, readTools } from "./tools.mjs";
import { WORDS, refusal } from "./words.mjs";

/** The call of a request to answer. The route has the headers, or for Bedrock the model and whether to stream. */
export function read(sent, route, simulator) {
  const asked = open(sent, route, route.provider === "bedrock" ? BEDROCK_FIELDS : FIELDS);
  const body = wholeConversation(sent, simulator?.memory);
  const { claude } = asked;
  if (claude && body.max_tokens > claude.output) {
    throw refusal(`max_tokens: ${body.max_tokens} > ${claude.output}, which is the maximum allowed number of output tokens for ${asked.model}`);
  }
  const call = readCall(body, asked);
  call.declines = isDeclined(call.messages);
  return { ...call, maxTokens: call.declines ? 0 : body.max_tokens, stop: body.stop_sequences ?? [], stream: route.stream ?? body.stream === true };
}

/** The call of a request to count: the same without an answer. */
export function readCount(body, route) {
  return readCall(body, open(body, route, COUNT_FIELDS));
}

// Checks what stands in the request by itself.
function open(body, route, fields) {
  const bedrock = route.provider === "bedrock";
  const betas = bedrock ? [] : checkHeaders(route.headers);
  const version = bedrock ? body.anthropic_version : route.headers["anthropic-version"];
  checkFields(fields, body, WORDS);
  const has = (beginning) => bedrock || betas.some((name) => name.startsWith(beginning));
  const needs = {
    output_format: has("structured-outputs"), context_management: has("context-management") || has("compact"), thread: has("message-threads"), fallbacks: has("server-side-fallback"),
  };
  for (const [name, met] of Object.entries(needs)) if (body[name] != null && !met) throw WORDS.unknown([name]);
  if (version === NEWEST_VERSION) for (const name of ["temperature", "top_p", "top_k"]) if (body[name] !== undefined) throw WORDS.unknown([name]);
  if (body.speed === "fast") throw refusal("speed: fast mode is not simulated; leave it out or send 'standard'.");
  const model = route.model ?? body.model;
  return { model, claude: capabilitiesOf(model), betas: bedrock ? body.anthropic_beta ?? [] : betas, version };
}

function readCall(body, { model, claude, betas, version }) {
  const thinking = readThinking(body, claude, betas);
  if (claude) checkSampling(body, claude);
  checkConversation(body, { claude, thinks: thinking !== undefined, version });
  const tools = readTools(body, betas, claude);
  const messages = readMessages(body, claude);
  const format = readFormat(body);
  // The model is told the schema.
  if (format) messages[0].mediaTokens = (messages[0].mediaTokens ?? 0) + countTokens(JSON.stringify(format.schema));
  const last = body.messages.at(-1);
  const prefill = last.role === "assistant" ? textOf(last.content) : undefined;
  if (thinking && isRedacted(messages.at(-1).text)) thinking.redacted = true;
  if (body.context_management) checkContextManagement(body, countPromptTokens(messages, tools));
  return {
    model,
    // The request with all of its conversation.
    request: body,
    messages,
    tools,
    toolChoice: readToolChoice(body.tool_choice),
    parallelTools: body.tool_choice?.disable_parallel_tool_use !== true,
    temperature: body.temperature,
    choices: 1,
    format: format ?? (wantsJson(messages, tools, prefill) ? { kind: "json_object" } : undefined),
    thinking,
    prefill,
    citations: readCitations(body),
  };
}

// A prefill of a bracket asks for JSON too.
function wantsJson(messages, tools, prefill) {
  return prefill === undefined ? tools.length === 0 && asksForJson(messages) : /^\s*[[{]\s*$/.test(prefill);
}

function readFormat(body) {
  const format = formatOf(body);
  if (!format) return undefined;
  const place = body.output_config?.format ? "output_config.format.schema" : "output_format.schema";
  checkStrictSchema(format.schema, place);
  return { kind: "json_schema", schema: withHints(format.schema), name: "answer" };
}

function readMessages(body, claude) {
  const messages = body.messages.flatMap((message, index) => readMessage(message, index, claude));
  const system = textOf(body.system ?? "");
  if (system) messages.unshift({ role: "system", text: system, toolCalls: [] });
  return messages;
}

const textOf = (content) => (typeof content === "string" ? content : content.map((block) => (block.type === "text" ? block.text : "")).join(""));

function readMessage({ role, content }, index, claude) {
  if (typeof content === "string") return { role, text: content, toolCalls: [] };
  const results = [];
  const message = { role, text: "", toolCalls: [], mediaTokens: 0, images: 0 };
  for (const [at, block] of content.entries()) {
    const path = ["messages", index, "content", at];
    if (block.type === "tool_result") results.push(readResult(block, path, claude));
    else if (block.type === "tool_use") message.toolCalls.push({ id: block.id, name: block.name, arguments: asJson(block.input) });
    else addBlock(message, block, path, claude);
  }
  const empty = message.text === "" && message.toolCalls.length === 0 && message.mediaTokens === 0;
  return results.length && empty ? results : [...results, message];
}

function readResult({ tool_use_id: toolCallId, content }, path, claude) {
  const result = { role: "tool", text: "", toolCallId, toolCalls: [], mediaTokens: 0, images: 0 };
  if (typeof content === "string") result.text = content;
  else for (const [at, block] of (content ?? []).entries()) addBlock(result, block, [...path, "tool_result", "content", at], claude);
  return result;
}

function addBlock(message, block, path, claude) {
  if (block.type === "text") message.text += block.text;
  else if (block.type === "image") {
    message.images += 1;
    message.mediaTokens += imageTokens(block, path, claude?.largeImages);
  } else if (block.type === "document") message.mediaTokens += documentTokens(block, path);
  else if (block.type === "search_result") message.text += `${message.text ? "\n" : ""}${block.content.map(({ text }) => text).join("\n")}`;
}
