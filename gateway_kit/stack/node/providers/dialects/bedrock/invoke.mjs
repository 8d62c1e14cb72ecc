// The wire formats of Bedrock's InvokeModel, which takes each vendor's own body; here Claude's and Llama's.

import * as anthropic from "../anthropic/messages.mjs";
import { chunk, contentType } from "./frames.mjs";
import { invalid, stopList, tokenLimit } from "../shared.mjs";

// InvokeModel reports token counts in headers, because each vendor's body is different. A stream's are in its frames.
const tokenHeaders = ({ call, promptTokens, completionTokens }) => (call.stream ? {} : {
  "x-amzn-bedrock-input-token-count": String(promptTokens),
  "x-amzn-bedrock-output-token-count": String(completionTokens),
});

/** Claude through InvokeModel: Anthropic's bodies, the model's name in the path, streams in AWS frames. */
export const claude = {
  read: anthropic.read,
  complete: anthropic.complete,
  contentType,
  open: (context) => anthropic.events.open(context).map(chunk),
  reasoning: (...args) => anthropic.events.reasoning(...args).map(chunk),
  text: (...args) => anthropic.events.text(...args).map(chunk),
  toolCall: (...args) => anthropic.events.toolCall(...args).map(chunk),
  end: (...args) => anthropic.events.end(...args).map(chunk),
  close: (...args) => anthropic.events.close(...args).map(chunk),
  headers: tokenHeaders,
};

const STOP_REASON = { stop: "stop", stop_sequence: "stop", length: "length" };

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
      choices: 1,
      stream: route.stream,
    };
  },
  complete: (context, [reply]) => ({
    generation: reply.text,
    prompt_token_count: context.promptTokens,
    generation_token_count: context.completionTokens,
    stop_reason: STOP_REASON[reply.finish],
  }),
  contentType,
  open: () => [],
  reasoning: () => [],
  text: (_context, _reply, piece) => [chunk({ generation: piece, prompt_token_count: null, generation_token_count: null, stop_reason: null })],
  toolCall: () => [],
  end: () => [],
  headers: tokenHeaders,
  close: (context, [reply]) => [
    chunk({ generation: "", prompt_token_count: context.promptTokens, generation_token_count: context.completionTokens, stop_reason: STOP_REASON[reply.finish] }),
  ],
};
