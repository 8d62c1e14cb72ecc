// What of the Responses API and of conversations is simulated, for the simulator's page.

import { CREATE_FIELDS } from "./conversations.mjs";
import { COMPACT_FIELDS, FIELDS, TOKEN_FIELDS } from "./fields.mjs";
import { SOCKET_LIMIT } from "./operations.mjs";

const BODY = { model: "gpt-4o-mini", input: "What is the capital of France?" };
const KEPT = "The newest 1,000 responses are kept in memory until `POST /_sim/reset`, apart for each label of a key; older ones are not found.";

/** The operations. */
export const RESPONSES_PAGE = [
  {
    title: "Responses", method: "POST", path: "/v1/responses", fields: FIELDS, unknown: "refused", request: { path: "/v1/responses", body: BODY },
    notes: [
      "Also at `/openai/v1/responses` and `/openai/responses`, Azure's paths.",
      "Functions and custom tools are called; hosted tools (web search, file search, code interpreter, computer use, image generation, MCP, shells) are refused by name.",
      `${KEPT} Responses are not kept for 30 days.`,
    ],
  },
  {
    title: "Tokens of a response's input", method: "POST", path: "/v1/responses/input_tokens", fields: TOKEN_FIELDS, unknown: "refused",
    request: { path: "/v1/responses/input_tokens", body: BODY }, notes: ["The count is that of `usage.input_tokens`."],
  },
  {
    title: "Retrieve a response", method: "GET", path: "/v1/responses/{id}",
    notes: [KEPT, "`stream` and `starting_after` work for responses of the background that were created with `stream`."],
  },
  { title: "Delete a response", method: "DELETE", path: "/v1/responses/{id}", notes: [] },
  { title: "Cancel a response", method: "POST", path: "/v1/responses/{id}/cancel", notes: ["Only of the background, as at OpenAI."] },
  { title: "Input items of a response", method: "GET", path: "/v1/responses/{id}/input_items", notes: ["Those of the turns before it too."] },
  {
    title: "Compact a context", method: "POST", path: "/v1/responses/compact", fields: COMPACT_FIELDS, unknown: "refused",
    request: { path: "/v1/responses/compact", body: BODY },
    notes: ["The user's messages stay as they are; one opaque item stands for all else, and costs few tokens as input. It holds nothing of what it stands for."],
  },
  {
    title: "Conversations", method: "POST", path: "/v1/conversations", fields: CREATE_FIELDS, unknown: "refused", request: { path: "/v1/conversations", body: {} },
    notes: ["With `GET`, `POST` and `DELETE` of `/v1/conversations/{id}`, and its `items`.", "The newest 200 are kept in memory until `POST /_sim/reset`."],
  },
];

/** Refused. */
export const RESPONSES_REFUSED = [
  { method: "GET", path: "/v1/responses", limit: SOCKET_LIMIT },
];
