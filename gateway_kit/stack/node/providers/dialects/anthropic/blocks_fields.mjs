// The declared fields of a message's content blocks.

import { boolean, choice, either, list, object, record, refused, text, variants, anything } from "../fields.mjs";

/** Marks where a cached prefix ends. */
export const cacheControl = (options = {}) => variants("type", {
  ephemeral: object({
    ttl: choice(["5m", "1h"], { note: "Written and read tokens are counted apart; a prefix is kept this long." }),
    scope: text({ effect: "accepted", note: "Each deployment has one cache." }),
  }),
}, { tagged: true, brief: true, note: "`ephemeral`, with a `ttl` of `5m` or `1h`: the same beginning again, of the model's least length, is read from the cache.", ...options });

const SERVER_TOOL = "Blocks of tools that Anthropic runs are not simulated.";
const FILES = "There is no Files API here; send the data itself as base64.";
const citations = object({ enabled: boolean() }, {
  brief: true,
  note: "The answer cites the first sentence of each document of text; a PDF is not read, so it cannot be cited.",
});

const TEXT = object({
  text: text({ required: true }),
  cache_control: cacheControl(),
  citations: list(anything(), { effect: "accepted", note: "Of an earlier answer." }),
});

const IMAGE = object({
  source: variants("type", {
    base64: object({ data: text({ required: true }), media_type: choice(["image/jpeg", "image/png", "image/gif", "image/webp"], { required: true }) }),
    url: object({ url: text({ required: true }) }, { effect: "accepted", note: "Not fetched: it counts as an image of 1,568 tokens." }),
    file: refused(FILES),
  }, { required: true, tagged: true, note: "Width × height / 750 tokens, read from the file's header, after the model's own scaling." }),
  cache_control: cacheControl(),
  transformations: object({ oversized_image: choice(["downsize", "error"], { note: "`error` refuses an image that would be scaled down." }) }),
});

const INNER = list(variants("type", { text: TEXT, image: IMAGE }, { tagged: true }), { brief: true });

const DOCUMENT = object({
  source: variants("type", {
    base64: object({ data: text({ required: true }), media_type: choice(["application/pdf"], { required: true }) }, {
      note: "Counts 2,250 tokens a page; its text is not read.",
    }),
    text: object({ data: text({ required: true }), media_type: choice(["text/plain"], { required: true }) }),
    content: object({ content: either([text(), INNER], { required: true, brief: true }) }),
    url: object({ url: text({ required: true }) }, { effect: "accepted", note: "Not fetched: it counts as a page." }),
    file: refused(FILES),
  }, { required: true, tagged: true }),
  cache_control: cacheControl(),
  citations,
  context: text(),
  title: text({ max: 500 }),
});

const SEARCH_RESULT = object({
  content: list(variants("type", { text: TEXT }, { tagged: true }), { required: true, min: 1 }),
  source: text({ required: true }),
  title: text({ required: true }),
  cache_control: cacheControl(),
  citations: object({ enabled: boolean({ effect: "accepted" }) }, { effect: "accepted" }),
}, { effect: "accepted", brief: true, note: "Its text counts as tokens." });

const ID = /^[a-zA-Z0-9_-]+$/;
const caller = variants("type", {
  direct: object({}),
  code_execution_20250825: refused(SERVER_TOOL), code_execution_20260120: refused(SERVER_TOOL),
}, { tagged: true, brief: true, effect: "accepted", note: "`direct`; code execution is not simulated." });

const TOOL_USE = object({
  id: text({ required: true, pattern: ID }),
  input: record(anything(), { required: true }),
  name: text({ required: true, min: 1, max: 200 }),
  cache_control: cacheControl(),
  caller,
  toolset_name: refused("Toolsets are not simulated."),
});

const TOOL_RESULT = object({
  tool_use_id: text({ required: true, pattern: ID }),
  content: either([text(), list(variants("type", {
    text: TEXT, image: IMAGE, document: DOCUMENT, search_result: SEARCH_RESULT,
    tool_reference: refused(SERVER_TOOL), browser_state: refused("Toolsets are not simulated."),
  }, { tagged: true }))], { brief: true, note: "Text, images, documents and search results; the answer tells the text." }),
  is_error: boolean({ effect: "accepted" }),
  cache_control: cacheControl(),
  toolset_name: refused("Toolsets are not simulated."),
});

const THINKING = object({
  thinking: text({ required: true, note: "Must be as it was answered." }),
  signature: text({ required: true, note: "Of a simulated model; others are refused." }),
});

const REFUSED = [
  "server_tool_use", "web_search_tool_result", "web_fetch_tool_result", "code_execution_tool_result", "bash_code_execution_tool_result",
  "text_editor_code_execution_tool_result", "tool_search_tool_result", "container_upload", "mcp_tool_use", "mcp_tool_result", "mcp_tool_listing",
  "advisor_tool_result", "compaction", "tool_addition", "tool_removal", "fallback",
];

/** A list of a message's blocks. */
export const BLOCKS = list(variants("type", {
  text: TEXT, image: IMAGE, document: DOCUMENT, search_result: SEARCH_RESULT, thinking: THINKING,
  redacted_thinking: object({ data: text({ required: true }) }), tool_use: TOOL_USE, tool_result: TOOL_RESULT,
  ...Object.fromEntries(REFUSED.map((name) => [name, refused(SERVER_TOOL)])),
}, { tagged: true }));

/** A system prompt's blocks. */
export const SYSTEM_BLOCKS = list(variants("type", { text: TEXT }, { tagged: true }));
