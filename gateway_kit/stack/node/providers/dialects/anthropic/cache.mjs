// A small memory of cached prompts: which beginnings of a prompt a request reads from the cache, and which it writes.

import { createHash } from "node:crypto";

import { countTokens } from "../../tokens.mjs";
import { documentTokens, imageTokens } from "./images.mjs";

const MOST_ENTRIES = 5_000;
// A request looks for an entry at this many blocks before each of its own marks.
const LOOK_BACK = 20;
const LIFE_MS = { "5m": 300_000, "1h": 3_600_000 };

export const NOTHING_CACHED = { read: 0, written: { "5m": 0, "1h": 0 } };

export class PromptCache {
  constructor() {
    this.entries = new Map();
  }

  /**
   * What of a request's prompt is read from the cache and written to it, in tokens: `{ read, written: { "5m", "1h" } }`.
   * `scope` keeps apart what may not share a cache; `least` is the model's shortest cached prefix, `total` all of the prompt.
   */
  account(body, { scope, least, total }) {
    const marks = [];
    const blocks = prefixes(body, scope, marks);
    if (marks.length === 0) return NOTHING_CACHED;
    const now = Date.now();
    const capped = (index) => Math.min(total, blocks[index].tokens);
    const hit = this.longestHit(blocks, marks, now);
    let done = hit >= 0 ? capped(hit) : 0;
    const result = { read: done, written: { "5m": 0, "1h": 0 } };
    for (const { index, ttl } of marks) {
      const tokens = capped(index);
      if (tokens < least) continue;
      this.store(blocks[index].key, now + LIFE_MS[ttl]);
      if (index <= hit) continue;
      result.written[ttl] += Math.max(0, tokens - done);
      done = Math.max(done, tokens);
    }
    return result;
  }

  longestHit(blocks, marks, now) {
    for (const { index, ttl } of marks.toReversed()) {
      for (let at = index; at >= Math.max(0, index - LOOK_BACK); at -= 1) {
        const { key } = blocks[at];
        if (!(this.entries.get(key) > now)) continue;
        // Reading an entry keeps it alive.
        this.store(key, Math.max(this.entries.get(key), now + LIFE_MS[ttl]));
        return at;
      }
    }
    return -1;
  }

  store(key, until) {
    this.entries.delete(key);
    this.entries.set(key, until);
    if (this.entries.size > MOST_ENTRIES) this.entries.delete(this.entries.keys().next().value);
  }
}

/** `{ key, tokens }` for the prompt up to each block; fills `marks` with the blocks that end a cached prefix. */
function prefixes(body, scope, marks) {
  const blocks = [];
  let key = scope;
  let tokens = 0;
  const add = (part, { cache_control: mark, ...block }) => {
    key = createHash("sha1").update(`${key}\n${part}\n${JSON.stringify(block)}`).digest("base64");
    tokens += blockTokens(block);
    blocks.push({ key, tokens });
    if (mark) marks.push({ index: blocks.length - 1, ttl: mark.ttl ?? "5m" });
  };
  for (const tool of body.tools ?? []) add("tool", tool);
  for (const block of asBlocks(body.system ?? [])) add("system", block);
  for (const { role, content } of body.messages) for (const block of asBlocks(content)) add(role, block);
  // A mark on the whole request is one on its last block.
  if (body.cache_control && marks.at(-1)?.index !== blocks.length - 1) marks.push({ index: blocks.length - 1, ttl: body.cache_control.ttl ?? "5m" });
  return blocks;
}

const asBlocks = (content) => (typeof content === "string" ? [{ type: "text", text: content }] : content);

function blockTokens(block) {
  if (block.type === "text") return countTokens(block.text);
  if (block.type === "image") return imageTokens(block, []);
  if (block.type === "document") return documentTokens(block, []);
  return countTokens(typeof block.content === "string" ? block.content : JSON.stringify(block));
}

/** Whether a request marks any part of its prompt for the cache. */
export const marksPrompt = (body) => Boolean(body.cache_control) || hasMark(body.tools) || hasMark(body.system) || body.messages.some(({ content }) => hasMark(content));

const hasMark = (blocks) => Array.isArray(blocks) && blocks.some((block) => block.cache_control);
