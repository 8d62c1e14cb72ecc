// Libraries for regular expressions, loaded when the first one is met: most requests have none.

import { createRequire } from "node:module";

const load = createRequire(import.meta.url);

/** RE2 in JavaScript: matches in time that is linear in the text. */
export const re2 = () => load("re2js").RE2JS;

/** Makes texts that match. */
export const randexp = () => load("randexp");
