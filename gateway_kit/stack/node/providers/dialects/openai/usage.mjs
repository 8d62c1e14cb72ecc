// The `usage` of OpenAI's chat completions and completions.

/** No prompt is cached here unless a rehearsal says so, and nothing is heard or spoken, so those counts are 0. */
export function usageOf(context, replies) {
  const reasoning = replies.reduce((sum, reply) => sum + reply.reasoningTokens, 0);
  return {
    prompt_tokens: context.promptTokens,
    completion_tokens: context.completionTokens,
    total_tokens: context.promptTokens + context.completionTokens,
    prompt_tokens_details: { cached_tokens: context.cached?.read ?? 0, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: reasoning, audio_tokens: 0, accepted_prediction_tokens: 0, rejected_prediction_tokens: 0 },
  };
}
