// Reads a request of OpenAI's chat completions into a plain call.

import { hashText } from "../../random.mjs";
import { checkFields } from "../fields.mjs";
import { asJson, stopList } from "../shared.mjs";
import { abilitiesOf, servedName } from "./abilities.mjs";
import { FIELDS } from "./chat_fields.mjs";
import { checkRules, chosenNames } from "./chat_rules.mjs";
import { imageTokens } from "./images.mjs";
import { LENIENT } from "./message_fields.mjs";
import { findRow, modelOf, wordsFor } from "./models.mjs";
import { fileText, fileTokens } from "./responses/files.mjs";
import { keeper } from "./stored.mjs";
import { WORDS } from "./words.mjs";

// Azure takes the fields of OpenAI; its deployment says the model.
const ON_AZURE = { ...FIELDS, model: { ...FIELDS.model, required: false } };

const CHAT_WORDS = { ...WORDS, unknown: (path, fields) => (LENIENT.has(fields) ? null : WORDS.unknown(path, fields)) };

export function read(body, route, simulator) {
  const model = modelOf(body, route);
  if (body.messages === undefined || body.messages === null) throw WORDS.missing(["messages"]);
  checkFields(route.model === undefined ? FIELDS : ON_AZURE, body, wordsFor(simulator, route.provider, model, "chat", CHAT_WORDS));
  const row = findRow(simulator, route.provider, model, "chat");
  const abilities = row ? abilitiesOf(row) : null;
  checkRules(body, abilities);
  const tools = readTools(body);
  return {
    model,
    messages: body.messages.map((message) => readMessage(message, abilities)),
    ...tools,
    parallelTools: body.functions ? false : body.parallel_tool_calls !== false,
    maxTokens: body.max_completion_tokens ?? body.max_tokens ?? undefined,
    stop: stopList(body.stop),
    seed: body.seed ?? undefined,
    choices: body.n ?? 1,
    format: readFormat(body.response_format),
    thinking: readThinking(body, abilities),
    stream: body.stream === true,
    // For this dialect's answers alone:
    keep: body.store === true ? keeper(simulator, route.provider, body) : undefined,
    legacy: Boolean(body.functions),
    // Other providers' streams end with the usage unasked, and LiteLLM does not ask them.
    includeUsage: body.stream_options?.include_usage === true || row?.foreign === true,
    obfuscate: body.stream_options?.include_obfuscation !== false,
    logprobs: body.logprobs === true,
    topLogprobs: body.top_logprobs ?? 0,
    served: row ? servedName(model, row) : model,
    tier: TIERS[body.service_tier] ?? body.service_tier ?? "default",
    fingerprint: abilities?.efforts ? null : `fp_${hashText(model).toString(16).padStart(10, "0")}`,
  };
}

const TIERS = { auto: "default", fast: "priority" };

function readMessage(message, abilities) {
  const calls = message.tool_calls ?? (message.function_call ? [{ type: "function", function: message.function_call }] : []);
  return {
    role: ROLES[message.role] ?? message.role,
    text: (typeof message.content === "string" && message.content) || (message.refusal ?? ""),
    toolCallId: message.tool_call_id,
    toolName: message.role === "function" ? message.name : undefined,
    toolCalls: calls.map((call) => (call.type === "custom"
      ? { id: call.id, name: call.custom.name, arguments: asJson({ input: call.custom.input }) }
      : { id: call.id, name: call.function.name, arguments: call.function.arguments })),
    ...(Array.isArray(message.content) ? readParts(message.content, abilities?.image) : { images: 0, mediaTokens: 0 }),
  };
}

/** The text, the images and their tokens of a list of parts; `rule` counts images, if the model sees any. */
function readParts(parts, rule) {
  let said = "";
  let images = 0;
  let mediaTokens = 0;
  for (const part of parts) {
    if (part.type === "text") said += part.text;
    else if (part.type === "refusal") said += part.refusal;
    else if (part.type === "image_url") {
      images += 1;
      if (rule) mediaTokens += imageTokens(part.image_url, rule);
    } else {
      const words = fileText(part.file, "messages");
      said += words;
      if (words === "") images += 1;
      mediaTokens += fileTokens(part.file, rule);
    }
  }
  return { text: said, images, mediaTokens };
}

const ROLES = { developer: "system", function: "tool" };

// A custom tool takes a plain text, which the answer makes as one field of an object.
const INPUT = { type: "object", properties: { input: { type: "string" } }, required: ["input"] };

function readTools({ tools, functions, tool_choice: choice, function_call: called }) {
  const all = functions
    ? functions.map(readFunction)
    : (tools ?? []).map((tool) => (tool.type === "custom" ? { ...readFunction(tool.custom), parameters: INPUT } : readFunction(tool.function)));
  const custom = new Set((tools ?? []).filter((tool) => tool.type === "custom").map((tool) => tool.custom.name));
  const wanted = functions ? called : choice;
  if (wanted?.type === "allowed_tools") {
    const allowed = new Set(chosenNames(wanted));
    return { custom, tools: all.filter((tool) => allowed.has(tool.name)), toolChoice: wanted.allowed_tools.mode };
  }
  if (typeof wanted === "object" && wanted !== null) return { custom, tools: all, toolChoice: { name: functions ? wanted.name : chosenNames(wanted)[0] } };
  return { custom, tools: all, toolChoice: wanted ?? "auto" };
}

const readFunction = ({ name, description, parameters }) => ({ name, description, parameters: parameters ?? {} });

function readFormat(format) {
  if (format?.type === "json_object") return { kind: "json_object" };
  if (format?.type !== "json_schema") return undefined;
  const { name, schema } = format.json_schema;
  return { kind: "json_schema", name, schema: schema ?? {} };
}

// How many tokens of reasoning each effort gets here; a real model takes as many as the question needs.
const REASONING_TOKENS = { low: 16, medium: 32 };

function readThinking({ reasoning_effort: asked }, abilities) {
  const effort = asked ?? abilities?.effort ?? "none";
  return abilities?.efforts && effort !== "none" && effort !== "minimal" ? { budget: REASONING_TOKENS[effort] } : undefined;
}
