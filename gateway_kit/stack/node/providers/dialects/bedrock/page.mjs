// What of Amazon Bedrock is simulated, for the simulator's own page.

import { FIELDS as CONVERSE } from "./converse_fields.mjs";
import { FIELDS as COUNT } from "./count_tokens.mjs";
import { FIELDS as COHERE_EMBED } from "./embed_cohere.mjs";
import { FIELDS as TITAN } from "./embed_titan.mjs";
import { FIELDS as COMMAND_R } from "./invoke_cohere.mjs";
import { FIELDS as LLAMA } from "./invoke_llama.mjs";
import { FIELDS as NOVA } from "./invoke_nova.mjs";

export { REFUSED_PATHS } from "./limits.mjs";

const CLAUDE_ID = "us.anthropic.claude-haiku-4-5-20251001-v1:0";
const NOVA_ID = "us.amazon.nova-micro-v1:0";
const question = [{ role: "user", content: [{ text: "What is the capital of France?" }] }];
const invoke = (vendor, fields, model, body, notes = []) => ({
  title: `InvokeModel: ${vendor}`, method: "POST", path: "/model/{modelId}/invoke", fields, notes, request: { path: `/model/${encodeURIComponent(model)}/invoke`, body },
});

export const PAGE = [
  {
    title: "Converse and ConverseStream", method: "POST", path: "/model/{modelId}/converse", fields: CONVERSE,
    notes: [
      "A model's id, its inference profiles (`us.`, `eu.`, `apac.`, `global.` …) and the ARNs of both name the same model; AWS serves some models by a profile only.",
      "The members of a content block and of a tool are unions: exactly one is set.",
      "Tools in a stream are called by Llama too, which AWS refuses for it.",
      "A prompt that asks for JSON in words gets a JSON object.",
      "Of vendors besides Anthropic, Amazon, Meta, Mistral, Cohere, DeepSeek, AI21 and OpenAI every additional field is accepted.",
    ],
    request: { path: `/model/${encodeURIComponent(CLAUDE_ID)}/converse`, body: { messages: question } },
  },
  {
    title: "CountTokens", method: "POST", path: "/model/{modelId}/count-tokens", fields: COUNT,
    notes: ["The count is the one that `usage` and limits use here; it is near the vendor's own."],
    request: { path: `/model/${encodeURIComponent(CLAUDE_ID)}/count-tokens`, body: { input: { converse: { messages: question } } } },
  },
  {
    title: "InvokeModel: Claude", method: "POST", path: "/model/{modelId}/invoke", fields: {},
    notes: ["The body is that of Anthropic's Messages, whose fields are listed there, without `model` and `stream`, and with `anthropic_version` `bedrock-2023-05-31`."],
    request: { path: `/model/${encodeURIComponent(CLAUDE_ID)}/invoke`, body: { anthropic_version: "bedrock-2023-05-31", max_tokens: 100, messages: [{ role: "user", content: "What is the capital of France?" }] } },
  },
  invoke("Nova", NOVA, NOVA_ID, { messages: question }, ["Cache points are read and not remembered."]),
  invoke("Llama", LLAMA, "us.meta.llama3-1-8b-instruct-v1:0", { prompt: "What is the capital of France?" }),
  invoke("Command R", COMMAND_R, "cohere.command-r-v1:0", { message: "What is the capital of France?" }),
  invoke("Titan Text Embeddings", TITAN, "amazon.titan-embed-text-v2:0", { inputText: "The capital of France" }, ["Version 1 takes `inputText` alone.", "The vectors are those of the small local model."]),
  invoke("Cohere Embed", COHERE_EMBED, "us.cohere.embed-v4:0", { texts: ["The capital of France"], input_type: "search_document" }, [
    "Version 3 has no `output_dimension`, `max_tokens` and `inputs`.", "The vectors are those of the small local model.",
  ]),
  {
    title: "InvokeModel: other vendors", method: "POST", path: "/model/{modelId}/invoke", fields: {},
    notes: ["The bodies of Mistral, DeepSeek, AI21 and Titan Text are not simulated: call these models with Converse."],
  },
  { title: "Streams of InvokeModel", method: "POST", path: "/model/{modelId}/invoke-with-response-stream", fields: {}, notes: ["Each frame carries a piece of the vendor's own answer; the last one has `amazon-bedrock-invocationMetrics`."] },
  {
    title: "Foundation models and inference profiles", method: "GET", path: "/foundation-models", fields: {},
    notes: ["Also `GET /foundation-models/{id}`, `GET /inference-profiles` and `GET /inference-profiles/{id}`, for the client `bedrock`."],
  },
];
