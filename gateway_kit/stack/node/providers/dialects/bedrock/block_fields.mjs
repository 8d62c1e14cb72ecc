// The fields of Converse's content blocks.
//
// A block is a union: it has exactly one of its members, which blocks.mjs checks.

import { anything, boolean, choice, list, object, record, refused, text } from "../fields.mjs";

const NAME = { min: 1, max: 64, pattern: /^[a-zA-Z0-9_-]+$/ };
const ID = { min: 1, max: 64, pattern: /^[a-zA-Z0-9_.:-]+$/ };

/** A JSON object of any content. */
export const json = (options) => record(anything(), { ...options, document: true });

const noStorage = refused("The simulator reads no files from S3; send their bytes.");
const source = (extra = {}) => object({ bytes: text({ min: 1, note: "base64" }), s3Location: noStorage, ...extra }, { required: true });

export const cachePoint = object({
  type: choice(["default"], { required: true }),
  ttl: choice(["5m", "1h"]),
}, { note: "Claude and Nova remember prompts of 1,000 tokens and more, for five minutes or an hour; `usage` counts them. Other models refuse it." });

const image = object({
  format: choice(["png", "jpeg", "gif", "webp"], { required: true }),
  source: source(),
}, { note: "counted in tokens by its size (Claude: width x height / 750); models without sight refuse it" });

const document = object({
  format: choice(["pdf", "csv", "doc", "docx", "xls", "xlsx", "html", "txt", "md"]),
  name: text({ required: true, min: 1, max: 200 }),
  source: source({ text: text(), content: list(object({ text: text({ required: true }) })) }),
  context: text({ effect: "accepted" }),
  citations: object({ enabled: boolean({ effect: "accepted", required: true }) }, { effect: "accepted", note: "No citations are made up." }),
}, { note: "Texts (txt, md, csv, html) are counted in tokens; of other formats 1,500 tokens a page, by the size of the file if no pages are found." });

const guardContent = object({
  text: object({
    text: text({ required: true }),
    qualifiers: list(choice(["grounding_source", "query", "guard_content"], { effect: "accepted" }), { effect: "accepted" }),
  }),
  image: refused("The simulator has no guardrails that look at images."),
}, { note: "read as text, since there are no guardrails" });

const video = refused("The simulator does not watch videos.");
const audio = refused("The simulator does not listen to audio.");
const searchResult = refused("The simulator makes no citations of search results.");

const toolUse = object({
  toolUseId: text({ required: true, ...ID }),
  name: text({ required: true, ...NAME }),
  input: json({ required: true }),
  type: refused("The simulator has no tools on the server's side.", { unless: (value) => value === "tool_use" }),
});

const toolResult = object({
  toolUseId: text({ required: true, ...ID }),
  content: list(object({ text: text(), json: json(), image, document, video, searchResult }), { required: true }),
  status: choice(["success", "error"], { effect: "accepted" }),
  type: text({ effect: "accepted" }),
});

const reasoningContent = object({
  reasoningText: object({ text: text({ required: true }), signature: text() }, { effect: "accepted" }),
  redactedContent: text({ effect: "accepted" }),
}, { effect: "accepted", note: "reasoning of an earlier turn; of Claude's the signature is verified" });

const citationsContent = object({
  content: list(object({ text: text() })),
  citations: list(anything(), { effect: "accepted" }),
}, { note: "read as text" });

export const block = object({
  text: text(), image, document, toolUse, toolResult, guardContent, cachePoint, reasoningContent, citationsContent,
  video, audio, searchResult,
  toolAddition: refused("The simulator does not add tools within a conversation."),
  toolRemoval: refused("The simulator does not remove tools within a conversation."),
});

export const message = object({
  role: choice(["user", "assistant"], { required: true, note: "a conversation alternates, and begins with the user" }),
  content: list(block, { required: true }),
});

export const systemBlock = object({ text: text({ min: 1 }), guardContent, cachePoint });

const toolSpec = object({
  name: text({ required: true, ...NAME }),
  description: text({ min: 1 }),
  inputSchema: object({ json: json({ required: true, note: "a JSON schema whose `type` is `object`" }) }, { required: true }),
  strict: boolean({ effect: "accepted", note: "Arguments fit the schema with or without it." }),
});

const chosen = (fields = {}) => object(fields);

export const toolConfig = object({
  tools: list(object({ toolSpec, cachePoint, systemTool: refused("The simulator has no system tools, such as Nova's grounding.") }), { required: true, min: 1 }),
  toolChoice: object({ auto: chosen(), any: chosen(), tool: chosen({ name: text({ required: true, ...NAME }) }) }, {
    note: "Llama and Cohere take `auto` only, Mistral `auto` and `any`.",
  }),
}, {
  note: "A tool named json_tool_call, by which LiteLLM asks Llama and Nova for JSON, is called with the answer.",
  example: {
    with: { messages: [{ role: "user", content: [{ text: "What is the weather in Paris?" }] }] },
    value: {
      tools: [{ toolSpec: { name: "get_weather", description: "The weather in a city", inputSchema: { json: { type: "object", properties: { city: { type: "string" } }, required: ["city"] } } } }],
      toolChoice: { any: {} },
    },
  },
});
