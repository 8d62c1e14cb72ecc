// The wire formats of Bedrock's InvokeModel, which takes each vendor's own body; here Claude's and Llama's.

import { encodeEventStreamMessage } from "@copilotkit/aimock";

import * as anthropic from "./anthropic.mjs";
import { invalid, stopList, tokenLimit } from "./shared.mjs";

const wrap = (object) => encodeEventStreamMessage("chunk", { bytes: Buffer.from(JSON.stringify(object)).toString("base64") });

/** Claude through InvokeModel: Anthropic's bodies, the model's name in the path, streams in AWS frames. */
export const claude = {
  read: anthropic.read,
  complete: anthropic.complete,
  contentType: "application/vnd.amazon.eventstream",
  open: (context) => anthropic.events.open(context).map(wrap),
  text: (context, piece) => anthropic.events.text(context, piece).map(wrap),
  toolCall: (...args) => anthropic.events.toolCall(...args).map(wrap),
  close: (context, finish) => anthropic.events.close(context, finish).map(wrap),
};

const LLAMA_TURN = /<\|start_header_id\|>user<\|end_header_id\|>\s*([\s\S]*?)<\|eot_id\|>/g;
const LLAMA2_TURN = /\[INST\]([\s\S]*?)\[\/INST\]/g;

/** Llama through InvokeModel: one prompt text in Llama's chat template; no tools. */
export const llama = {
  read(body, route) {
    if (typeof body.prompt !== "string") throw invalid("Malformed input request: required key [prompt] not found");
    const turns = [...body.prompt.matchAll(LLAMA_TURN), ...body.prompt.matchAll(LLAMA2_TURN)];
    const text = (turns.at(-1)?.[1] ?? body.prompt).replace(/<<SYS>>[\s\S]*?<<\/SYS>>/g, "").trim();
    return {
      model: route.model,
      messages: [{ role: "user", text, toolCalls: [] }],
      tools: [],
      toolChoice: "none",
      maxTokens: tokenLimit(body.max_gen_len, "max_gen_len"),
      stop: stopList(undefined),
      temperature: body.temperature,
      stream: route.stream,
    };
  },
  complete: (reply, context) => ({
    generation: reply.text,
    prompt_token_count: context.promptTokens,
    generation_token_count: context.completionTokens,
    stop_reason: reply.finish,
  }),
  contentType: "application/vnd.amazon.eventstream",
  open: () => [],
  text: (_context, piece) => [wrap({ generation: piece, prompt_token_count: null, generation_token_count: null, stop_reason: null })],
  toolCall: () => [],
  close: (context, finish) => [
    wrap({ generation: "", prompt_token_count: context.promptTokens, generation_token_count: context.completionTokens, stop_reason: finish }),
  ],
};
