// What of this provider is simulated, for the simulator's own page.

import { COMPUTE_FIELDS, FIELDS as COUNT } from "./count.mjs";
import { FIELDS as EMBED } from "./embed_fields.mjs";
import { FIELDS as GENERATE } from "./generate_fields.mjs";

export { REFUSED_PATHS } from "./refused.mjs";

const GEMINI = "/v1beta/models/";
const VERTEX = "/v1beta1/projects/{project}/locations/{location}/publishers/google/models/";
const inProject = (path) => path.replace("{project}", "p").replace("{location}", "l");
const CHAT = { contents: [{ role: "user", parts: [{ text: "Tell me about the harbour of Oslo in winter" }] }] };
const TEXT = { content: { parts: [{ text: "The harbour of Oslo" }] } };

const SPELLINGS = "Every name may be written in camelCase and in snake_case, and numbers and names of an enum as Google reads them.";
const THINKING = "A simulated model thinks if thinkingConfig asks it to; without it, it decides not to.";
const STREAM = "alt=sse gives server-sent events; without it, the answer is one JSON list, as at Google.";

/** One entry per operation, as page/contents.mjs describes it. */
export const PAGE = [
  {
    title: "Gemini: generateContent", method: "POST", path: `${GEMINI}{model}:generateContent`, fields: GENERATE.gemini,
    notes: [SPELLINGS, THINKING, "The API versions v1, v1alpha and v1beta are the same here."], request: { path: `${GEMINI}gemini-2.5-flash:generateContent`, body: CHAT },
  },
  { title: "Gemini: streamGenerateContent", method: "POST", path: `${GEMINI}{model}:streamGenerateContent`, notes: ["The fields are those of generateContent.", STREAM] },
  {
    title: "Vertex AI: generateContent", method: "POST", path: `${VERTEX}{model}:generateContent`, fields: GENERATE.vertex_ai,
    notes: [SPELLINGS, THINKING, "Any project and location will do; with an API key in place of them, it is Vertex AI's express mode."],
    request: { path: `${inProject(VERTEX)}gemini-2.5-flash:generateContent`, body: CHAT },
  },
  { title: "Vertex AI: streamGenerateContent", method: "POST", path: `${VERTEX}{model}:streamGenerateContent`, notes: ["The fields are those of generateContent.", STREAM] },
  { title: "Gemini: countTokens", method: "POST", path: `${GEMINI}{model}:countTokens`, fields: COUNT.gemini, request: { path: `${GEMINI}gemini-2.5-flash:countTokens`, body: CHAT } },
  { title: "Vertex AI: countTokens", method: "POST", path: `${VERTEX}{model}:countTokens`, fields: COUNT.vertex_ai, request: { path: `${inProject(VERTEX)}gemini-2.5-flash:countTokens`, body: CHAT } },
  {
    title: "Vertex AI: computeTokens", method: "POST", path: `${VERTEX}{model}:computeTokens`, fields: COMPUTE_FIELDS,
    notes: ["The tokens are the simulator's own, as in every count."], request: { path: `${inProject(VERTEX)}gemini-2.5-flash:computeTokens`, body: CHAT },
  },
  { title: "Gemini: embedContent", method: "POST", path: `${GEMINI}{model}:embedContent`, fields: EMBED.single.gemini, request: { path: `${GEMINI}gemini-embedding-001:embedContent`, body: TEXT } },
  {
    title: "Gemini: batchEmbedContents", method: "POST", path: `${GEMINI}{model}:batchEmbedContents`, fields: EMBED.batch.gemini,
    notes: ["All requests of a batch ask for the same dimensions."], request: { path: `${GEMINI}gemini-embedding-001:batchEmbedContents`, body: { requests: [TEXT] } },
  },
  {
    title: "Vertex AI: predict", method: "POST", path: `${VERTEX}{model}:predict`, fields: EMBED.predict.vertex_ai, notes: ["For models that embed text."],
    request: { path: `${inProject(VERTEX)}text-embedding-005:predict`, body: { instances: [{ content: "The harbour of Oslo" }] } },
  },
  { title: "Vertex AI: embedContent", method: "POST", path: `${VERTEX}{model}:embedContent`, fields: EMBED.single.vertex_ai, request: { path: `${inProject(VERTEX)}gemini-embedding-001:embedContent`, body: TEXT } },
  { title: "Vertex AI: batchEmbedContents", method: "POST", path: `${VERTEX}{model}:batchEmbedContents`, fields: EMBED.batch.vertex_ai, request: { path: `${inProject(VERTEX)}gemini-embedding-2:batchEmbedContents`, body: { requests: [TEXT] } } },
  { title: "Gemini: models", method: "GET", path: "/v1beta/models", notes: ["In pages, and /v1beta/models/{model}."] },
  { title: "Vertex AI: models", method: "GET", path: "/v1beta1/publishers/google/models", notes: ["In pages, and /v1beta1/publishers/google/models/{model}."] },
];
