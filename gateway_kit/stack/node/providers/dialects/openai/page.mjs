// What of this provider is simulated, for the simulator's own page.

import { RESPONSES_PAGE, RESPONSES_REFUSED } from "./responses/page.mjs";

/**
 * One entry per operation:
 * `{ title, method, path, fields, notes: [sentence], unknown: "refused" | "ignored", request: { path, body } }`.
 * `request` is a small valid request, to which tests add each field's example.
 */
export const PAGE = [...RESPONSES_PAGE];

/** Endpoints that the provider has and the simulator refuses: `{ method, path, limit }`, the limit as a sentence. */
export const REFUSED_PATHS = [...RESPONSES_REFUSED];
