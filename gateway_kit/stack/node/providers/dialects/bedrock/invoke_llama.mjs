// Llama through InvokeModel: one prompt text in Llama's chat template; no tools.

import { checkFields, integer, number, refused, text } from "../fields.mjs";
import { chunk, contentType, failure } from "./frames.mjs";
import { lastChunk, metricHeaders, refuseGuardrail } from "./invoke_metrics.mjs";
import { INVOKE_WORDS } from "./invoke_words.mjs";

export const FIELDS = {
  prompt: text({ required: true, min: 1, note: "in the chat template of Llama 3 or Llama 2; a text without it counts as the user's" }),
  max_gen_len: integer({ min: 1, max: 8192, example: 2 }),
  temperature: number({ min: 0, max: 1, effect: "accepted", example: 0.5 }),
  top_p: number({ min: 0, max: 1, effect: "accepted", example: 0.9 }),
  images: refused("The simulator's Llama sees no images in InvokeModel.", { example: ["aGk="] }),
};

const LLAMA3_TURN = /<\|start_header_id\|>(system|user|assistant|ipython)<\|end_header_id\|>\s*([\s\S]*?)(?=<\|eot_id\|>|<\|start_header_id\|>|$)/g;
const LLAMA2_TURN = /\[INST\]([\s\S]*?)\[\/INST\]([\s\S]*?)(?=\[INST\]|$)/g;
const LLAMA2_SYSTEM = /<<SYS>>([\s\S]*?)<<\/SYS>>/;

function read(body, route) {
  refuseGuardrail(route);
  checkFields(FIELDS, body, INVOKE_WORDS);
  return {
    model: route.model, messages: readPrompt(body.prompt), tools: [], toolChoice: "none", maxTokens: body.max_gen_len, stop: [],
    temperature: body.temperature, choices: 1, stream: route.stream,
  };
}

const message = (role, content) => ({ role, text: content, toolCalls: [] });

function readPrompt(prompt) {
  const turns = prompt.includes("<|start_header_id|>") ? readLlama3(prompt) : prompt.includes("[INST]") ? readLlama2(prompt) : [];
  return turns.length ? turns : [message("user", prompt.trim())];
}

function readLlama3(prompt) {
  const turns = [...prompt.matchAll(LLAMA3_TURN)].map(([, role, content]) => message(role === "ipython" ? "tool" : role, content.trim()));
  // The template ends where the model is to write.
  return turns.filter(({ role, text: content }) => role !== "assistant" || content !== "");
}

function readLlama2(prompt) {
  return [...prompt.matchAll(LLAMA2_TURN)].flatMap(([, asked, answered]) => {
    const system = LLAMA2_SYSTEM.exec(asked)?.[1].trim();
    return [
      ...(system ? [message("system", system)] : []),
      message("user", asked.replace(LLAMA2_SYSTEM, "").trim()),
      ...(answered.replace(/<\/?s>/g, "").trim() ? [message("assistant", answered.replace(/<\/?s>/g, "").trim())] : []),
    ];
  });
}

const STOP_REASON = { stop: "stop", stop_sequence: "stop", length: "length" };

const ending = (context, reply) => ({
  prompt_token_count: context.promptTokens, generation_token_count: context.completionTokens, stop_reason: STOP_REASON[reply.finish],
});

export const llama = {
  read,
  complete: (context, [reply]) => ({ generation: reply.text, ...ending(context, reply) }),
  contentType,
  failure,
  headers: metricHeaders,
  open: () => [],
  reasoning: () => [],
  text(context, _reply, piece) {
    const first = context.firstByteMs === undefined;
    context.firstByteMs ??= context.elapsedMs();
    return [chunk({ generation: piece, prompt_token_count: first ? context.promptTokens : null, generation_token_count: null, stop_reason: null })];
  },
  toolCall: () => [],
  end: () => [],
  close: (context, [reply]) => [lastChunk(context, { generation: "", ...ending(context, reply) })],
};
