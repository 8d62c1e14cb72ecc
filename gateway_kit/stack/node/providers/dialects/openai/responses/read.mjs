// Reads a request of OpenAI's Responses API into a plain call.

import { countPromptTokens } from "../../../tokens.mjs";
import { checkFields } from "../../fields.mjs";
import { abilitiesOf, servedName } from "../abilities.mjs";
import { findRow, wordsFor } from "../models.mjs";
import { contextOf } from "./context.mjs";
import { FIELDS } from "./fields.mjs";
import { messagesOf } from "./items.mjs";
import { checkJsonIsNamed, checkRules } from "./rules.mjs";
import { WORDS } from "./words.mjs";

const REQUIRED_MODEL = { ...FIELDS, model: { ...FIELDS.model, required: true } };

/** `fields` are those of the operation. */
export function read(body, route, simulator, fields = REQUIRED_MODEL) {
  checkFields(fields, body, body.model ? wordsFor(simulator, route.provider, body.model, "chat", WORDS) : WORDS);
  const row = body.model ? findRow(simulator, route.provider, body.model, "chat") : null;
  const abilities = row ? abilitiesOf(row) : null;
  checkRules(body, abilities);
  const { turns, before, own, conversation } = contextOf(body, route.shelf);
  const tools = readTools(body);
  const messages = promptOf(body, truncate([...before, ...own], body, tools.tools, row, abilities), abilities);
  checkThreshold(body.context_management, messages, tools.tools);
  checkJsonIsNamed(body.text?.format, body.instructions ? messages.slice(1) : messages);
  const effort = abilities?.efforts ? body.reasoning?.effort ?? abilities.effort : null;
  return {
    model: body.model,
    messages,
    ...tools,
    parallelTools: body.parallel_tool_calls !== false,
    maxTokens: body.max_output_tokens ?? undefined,
    stop: [],
    choices: 1,
    format: readFormat(body.text?.format),
    thinking: effort === null || effort === "none" || effort === "minimal" ? undefined : { effort },
    verbosity: body.text?.verbosity ?? undefined,
    stream: body.stream === true,
    // For this dialect's answers alone:
    served: row ? servedName(body.model, row) : body.model,
    effort,
    summary: body.reasoning?.summary ?? body.reasoning?.generate_summary ?? null,
    encrypted: body.include?.includes("reasoning.encrypted_content") ?? false,
    logprobs: body.include?.includes("message.output_text.logprobs") ?? false,
    topLogprobs: body.top_logprobs ?? 0,
    obfuscate: body.stream_options?.include_obfuscation !== false,
    turn: { turns, own, conversation },
  };
}

// Until a context is compacted the setting changes nothing.
function checkThreshold(management, messages, tools) {
  const least = Math.min(...(management ?? []).map((entry) => entry.compact_threshold ?? Infinity));
  if (least < Infinity && countPromptTokens(messages, tools) >= least) {
    throw WORDS.unsupported(["context_management"], `The context has reached 'compact_threshold' (${least}), and compaction within a response is not simulated.`);
  }
}

function promptOf({ instructions }, items, abilities) {
  const messages = messagesOf(items, abilities?.image);
  if (instructions) messages.unshift({ role: "system", text: instructions, toolCalls: [], images: 0, mediaTokens: 0 });
  // A context of reasoning alone, or none at all.
  if (messages.length === 0) messages.push({ role: "user", text: "", toolCalls: [], images: 0, mediaTokens: 0 });
  return messages;
}

// With truncation the oldest items give way; never the last, nor an output of a tool without its call.
function truncate(items, body, tools, row, abilities) {
  if (body.truncation !== "auto" || !row) return items;
  let count = countPromptTokens(promptOf(body, items, abilities), tools);
  let first = 0;
  const drop = () => {
    count -= messagesOf([items[first]], abilities?.image).reduce((sum, message) => sum + countPromptTokens([message]) - NOTHING, 0);
    first += 1;
  };
  while (first < items.length - 1 && count > row.context_window) {
    drop();
    while (first < items.length - 1 && items[first].type.endsWith("_output")) drop();
  }
  return items.slice(first);
}

const NOTHING = countPromptTokens([]);

// A custom tool takes a plain text, which the answer makes as one field of an object.
const INPUT = { type: "object", properties: { input: { type: "string" } }, required: ["input"] };

function readTools({ tools, tool_choice: choice }) {
  const all = (tools ?? []).map(({ type, name, description, parameters }) => ({ name, description, parameters: type === "custom" ? INPUT : parameters ?? {} }));
  const custom = new Set((tools ?? []).filter((tool) => tool.type === "custom").map((tool) => tool.name));
  if (choice?.type === "allowed_tools") {
    const allowed = new Set(choice.tools.map((tool) => tool.name));
    return { custom, tools: all.filter((tool) => allowed.has(tool.name)), toolChoice: choice.mode };
  }
  return { custom, tools: all, toolChoice: choice?.name ? { name: choice.name } : choice ?? "auto" };
}

function readFormat(format) {
  if (format?.type === "json_object") return { kind: "json_object" };
  return format?.type === "json_schema" ? { kind: "json_schema", name: format.name, schema: format.schema } : undefined;
}
