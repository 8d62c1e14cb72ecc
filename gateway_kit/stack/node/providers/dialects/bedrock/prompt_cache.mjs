// Cache points in a Converse request, with the memory of prompts that Claude has: the same marks, named differently.

import { capabilitiesOf } from "../anthropic/capabilities.mjs";
import { NOTHING_CACHED, PromptCache } from "../anthropic/cache.mjs";
import { ProviderError } from "../../errors.mjs";

const LEAST = { claude: 1_024, nova: 1_000 };

const blocksOf = (body) => [body.toolConfig?.tools, body.system, ...(body.messages ?? []).map(({ content }) => content)];

/** Raises Bedrock's 403 if the request has cache points and the model has no cache. */
export function checkCachePoints(body, abilities) {
  if (LEAST[abilities.name] !== undefined || !blocksOf(body).some(hasPoint)) return;
  throw new ProviderError("bad_request", {
    status: 403, exception: "AccessDeniedException",
    message: "You invoked an unsupported model or your request did not allow prompt caching. See the documentation for more information.",
  });
}

const hasPoint = (blocks) => blocks?.some((block) => block.cachePoint) === true;

/** What of the prompt is read from the cache and written to it: `{ read, written: { "5m", "1h" } }`, settled once for a request. */
export function cachedOf(context, abilities) {
  const { body, memory, row } = context;
  if (context.cached) return context.cached;
  if (!memory || !blocksOf(body).some(hasPoint)) return (context.cached = NOTHING_CACHED);
  if (!memory.has("prompt_cache")) memory.set("prompt_cache", new PromptCache());
  const scope = `converse/${row.model}/${context.deployment}`;
  const least = capabilitiesOf(row.model)?.cacheFrom ?? LEAST[abilities.name];
  return (context.cached = memory.get("prompt_cache").account(marked(body), { scope, least, total: context.promptTokens }));
}

// The request as the cache reads it: each point is a mark on the block before it.
const marked = (body) => ({
  tools: fold(body.toolConfig?.tools ?? []),
  system: fold(body.system ?? []),
  messages: (body.messages ?? []).map(({ role, content }) => ({ role, content: fold(content) })),
});

function fold(blocks) {
  const folded = [];
  for (const block of blocks) {
    if (block.cachePoint && folded.length) folded.at(-1).cache_control = { ttl: block.cachePoint.ttl ?? "5m" };
    else if (!block.cachePoint) folded.push(typed(block));
  }
  return folded;
}

function typed(block) {
  if (block.text !== undefined) return { type: "text", text: block.text };
  if (block.image) return { type: "image", source: { type: "base64", media_type: `image/${block.image.format}`, data: block.image.source.bytes } };
  return { ...block };
}
