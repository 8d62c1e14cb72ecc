// The tokens of a request and its answer, as Google counts them: thoughts apart, and by kind of content.

const sum = (replies, count) => replies.reduce((total, reply) => total + count(reply), 0);

export const thoughtsOf = (replies) => sum(replies, (reply) => reply.reasoningTokens);
export const writtenOf = (replies) => sum(replies, (reply) => reply.tokens - reply.reasoningTokens);

/** The usage of a whole answer. */
export const usageOf = (context, replies) => usage(context, writtenOf(replies), thoughtsOf(replies));

/** The usage with so many tokens written and thought; as in Google's JSON, a count of zero is left out. */
export function usage(context, written, thoughts) {
  const found = { promptTokenCount: context.promptTokens };
  if (written) found.candidatesTokenCount = written;
  found.totalTokenCount = context.promptTokens + written + thoughts;
  if (context.route.provider === "vertex_ai") found.trafficType = "ON_DEMAND";
  found.promptTokensDetails = promptDetails(context.promptTokens, context.call.media);
  if (written) found.candidatesTokensDetails = [{ modality: "TEXT", tokenCount: written }];
  if (thoughts) found.thoughtsTokenCount = thoughts;
  if (context.cached?.read) {
    found.cachedContentTokenCount = context.cached.read;
    found.cacheTokensDetails = [{ modality: "TEXT", tokenCount: context.cached.read }];
  }
  return found;
}

/** A prompt's tokens by kind of content; `media` has the tokens of each kind but text. */
export function promptDetails(tokens, media) {
  const other = Object.entries(media);
  const text = other.reduce((rest, [, count]) => rest - count, tokens);
  return [...(text > 0 ? [["TEXT", text]] : []), ...other].map(([modality, tokenCount]) => ({ modality, tokenCount }));
}
