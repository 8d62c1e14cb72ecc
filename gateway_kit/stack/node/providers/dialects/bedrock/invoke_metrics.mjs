// What InvokeModel tells of every vendor's answer, beside its body: tokens and times.

import { chunk } from "./frames.mjs";
import { invalid } from "./words.mjs";

/** Headers of an answer that is sent whole; a stream's counts are in its last frame. */
export const metricHeaders = (context) => (context.call.stream ? {} : {
  "x-amzn-bedrock-input-token-count": String(context.promptTokens),
  "x-amzn-bedrock-output-token-count": String(context.completionTokens),
  "x-amzn-bedrock-invocation-latency": String(context.elapsedMs()),
});

/** The frame of a stream's last piece. */
export const lastChunk = (context, object) => chunk({
  ...object,
  "amazon-bedrock-invocationMetrics": {
    inputTokenCount: context.promptTokens, outputTokenCount: context.completionTokens,
    invocationLatency: context.elapsedMs(), firstByteLatency: context.firstByteMs ?? context.elapsedMs(),
  },
});

/** Guardrails are asked for in a header; there are none. */
export function refuseGuardrail(route) {
  if (route.guardrail) throw invalid("The guardrail identifier or version provided in the request does not exist: the simulator has no guardrails.");
}
