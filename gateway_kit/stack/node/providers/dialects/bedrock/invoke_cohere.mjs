// Cohere's Command R through InvokeModel: one message, with the conversation before it beside.

import { anything, boolean, checkFields, choice, integer, list, number, object, refused, text } from "../fields.mjs";
import { chunk, contentType, failure } from "./frames.mjs";
import { lastChunk, metricHeaders, refuseGuardrail } from "./invoke_metrics.mjs";
import { INVOKE_WORDS } from "./invoke_words.mjs";

const noTools = "The simulator's Command R calls no tools in InvokeModel; use Converse.";

export const FIELDS = {
  message: text({ required: true, min: 1 }),
  chat_history: list(object({ role: choice(["USER", "CHATBOT", "SYSTEM"], { required: true }), message: text({ required: true }) }), {
    example: [{ role: "USER", message: "Hello" }, { role: "CHATBOT", message: "Hello!" }],
  }),
  preamble: text({ example: "You are a helpful assistant." }),
  max_tokens: integer({ min: 1, max: 4000, example: 2 }),
  stop_sequences: list(text({ min: 1 }), { max: 5, example: ["Paris"] }),
  seed: integer({ example: 7, effect: "accepted" }),
  temperature: number({ min: 0, max: 1, effect: "accepted", example: 0.3 }),
  p: number({ min: 0.01, max: 0.99, effect: "accepted", example: 0.75 }),
  k: number({ min: 0, max: 500, effect: "accepted", example: 0 }),
  frequency_penalty: number({ min: 0, max: 1, effect: "accepted", example: 0 }),
  presence_penalty: number({ min: 0, max: 1, effect: "accepted", example: 0 }),
  prompt_truncation: choice(["OFF", "AUTO_PRESERVE_ORDER"], { effect: "accepted", example: "OFF" }),
  return_prompt: boolean({ effect: "accepted", example: false }),
  stream: boolean({ effect: "accepted", note: "The path decides." }),
  documents: refused("The simulator's Command R cites no documents.", { example: [{ title: "A", snippet: "B" }] }),
  search_queries_only: refused("The simulator's Command R writes no search queries.", { unless: (value) => value === false, example: true }),
  raw_prompting: refused("The simulator's Command R takes no raw prompts.", { unless: (value) => value === false, example: true }),
  tools: refused(noTools, { unless: (value) => Array.isArray(value) && value.length === 0, example: [{ name: "f", description: "g", parameter_definitions: {} }] }),
  tool_results: refused(noTools, { example: [{}] }),
  force_single_step: anything({ effect: "accepted" }),
};

const ROLES = { USER: "user", CHATBOT: "assistant", SYSTEM: "system" };

function read(body, route) {
  refuseGuardrail(route);
  checkFields(FIELDS, body, INVOKE_WORDS);
  const message = (role, content) => ({ role, text: content, toolCalls: [] });
  return {
    model: route.model,
    messages: [
      ...(body.preamble ? [message("system", body.preamble)] : []),
      ...(body.chat_history ?? []).map((turn) => message(ROLES[turn.role], turn.message)),
      message("user", body.message),
    ],
    tools: [], toolChoice: "none", maxTokens: body.max_tokens, stop: body.stop_sequences ?? [], seed: body.seed,
    temperature: body.temperature, choices: 1, stream: route.stream,
  };
}

const FINISH_REASON = { stop: "COMPLETE", stop_sequence: "COMPLETE", length: "MAX_TOKENS" };

export const commandR = {
  read,
  complete: (context, [reply]) => ({
    response_id: context.id, generation_id: `${context.id}-1`, text: reply.text, finish_reason: FINISH_REASON[reply.finish],
    chat_history: [...(context.body.chat_history ?? []), { role: "USER", message: context.body.message }, { role: "CHATBOT", message: reply.text }],
    meta: { api_version: { version: "1" }, billed_units: { input_tokens: context.promptTokens, output_tokens: context.completionTokens } },
  }),
  contentType,
  failure,
  headers: metricHeaders,
  open: (context) => [chunk({ event_type: "stream-start", generation_id: `${context.id}-1`, is_finished: false })],
  reasoning: () => [],
  text(context, _reply, piece) {
    context.firstByteMs ??= context.elapsedMs();
    return [chunk({ event_type: "text-generation", text: piece, is_finished: false })];
  },
  toolCall: () => [],
  end: () => [],
  close: (context, replies) => [lastChunk(context, {
    event_type: "stream-end", finish_reason: FINISH_REASON[replies[0].finish], is_finished: true, response: commandR.complete(context, replies),
  })],
};
