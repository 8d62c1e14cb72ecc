// What of OpenAI's and Azure OpenAI's APIs is simulated, for the simulator's own page.

import { FIELDS as CHAT } from "./chat_fields.mjs";
import { FIELDS as COMPLETIONS } from "./completions.mjs";
import { FIELDS as EMBEDDINGS } from "./embeddings.mjs";
import { FIELDS as IMAGES } from "./image_generation.mjs";
import { FIELDS as MODERATIONS } from "./moderations.mjs";
import { REFUSED } from "./refused.mjs";
import { RESPONSES_PAGE, RESPONSES_REFUSED } from "./responses/page.mjs";

const ASK = [{ role: "user", content: "What is the capital of France?" }];

/**
 * One entry per operation:
 * `{ title, method, path, fields, notes: [sentence], unknown: "refused" | "ignored", request: { path, body } }`.
 * `request` is a small valid request, to which tests add each field's example.
 */
export const PAGE = [
  {
    title: "Chat completions", method: "POST", path: "/v1/chat/completions", fields: CHAT, unknown: "refused",
    request: { path: "/v1/chat/completions", body: { model: "gpt-4o-mini", messages: ASK } },
    notes: [
      "Azure OpenAI has the same at /openai/deployments/NAME/chat/completions?api-version=… and /openai/v1/chat/completions, and adds its content filter's results, which are always safe.",
      "A field that is not listed in a message, other than the developer's, or in a part of its content is ignored, as by the provider.",
      "A model answers under its dated name; models that reason count hidden tokens of reasoning.",
      "What OpenAI finds in a picture, a sound or a file is not simulated: images and the pages of a PDF are counted as tokens, texts are read, sounds are refused.",
    ],
  },
  {
    title: "Stored chat completions", method: "GET", path: "/v1/chat/completions",
    notes: [
      "Those with `store: true`; with `GET`, `POST` (its metadata) and `DELETE` of `/v1/chat/completions/{id}`, and its `messages`.",
      "The newest 200 are kept in memory until `POST /_sim/reset`, for all keys together.",
    ],
  },
  ...RESPONSES_PAGE,
  {
    title: "Completions", method: "POST", path: "/v1/completions", fields: COMPLETIONS, unknown: "refused",
    request: { path: "/v1/completions", body: { model: "gpt-3.5-turbo-instruct", prompt: "What is the capital of France?" } },
    notes: ["The model answers the prompt instead of going on with it."],
  },
  {
    title: "Embeddings", method: "POST", path: "/v1/embeddings", fields: EMBEDDINGS, unknown: "refused",
    request: { path: "/v1/embeddings", body: { model: "text-embedding-3-small", input: "one" } },
    notes: ["The vectors are those of a small local model, widened with zeros or cut to the width of the model that was asked for."],
  },
  {
    title: "Moderations", method: "POST", path: "/v1/moderations", fields: MODERATIONS, unknown: "refused",
    request: { path: "/v1/moderations", body: { input: "hello" } },
    notes: ["A short list of English words stands for the model: a text is flagged by its words and not by its sense."],
  },
  {
    title: "Images", method: "POST", path: "/v1/images/generations", fields: IMAGES, unknown: "refused",
    request: { path: "/v1/images/generations", body: { prompt: "A lighthouse" } },
    notes: ["The image is a placeholder that says it is simulated, in the size that was asked for."],
  },
];

/** Endpoints that the provider has and the simulator refuses: `{ method, path, limit }`, the limit as a sentence. */
export const REFUSED_PATHS = [...REFUSED, ...RESPONSES_REFUSED];
