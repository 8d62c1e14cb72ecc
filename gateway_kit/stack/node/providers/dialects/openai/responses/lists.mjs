// Lists in pages, and the parameters of a query.

import { WORDS, refusal } from "../words.mjs";
import { notFound } from "./words.mjs";

// Azure's version, and the SDK's mark of its beta resources.
const EVERYWHERE = ["api-version", "beta"];

/** The query's parameters by name; raises OpenAI's error for one that the operation does not have. */
export function readQuery(query, names) {
  const found = {};
  for (const [name, value] of query) {
    const plain = name.replace(/\[\d*\]$/, "");
    if (EVERYWHERE.includes(plain)) continue;
    if (!names.includes(plain)) throw WORDS.unknown([plain], Object.fromEntries(names.map((one) => [one, null])));
    found[plain] = value;
  }
  return found;
}

const LIMIT = { kind: "integer", min: 1, max: 100 };

/** A page of the items: the newest first, if the query does not say otherwise. */
export function listPage(items, { after, limit = "20", order = "desc" }) {
  const most = Number(limit);
  if (!Number.isInteger(most)) throw refusal("Invalid type for 'limit': expected an integer, but got a string instead.", "limit", "invalid_type");
  if (most < LIMIT.min || most > LIMIT.max) throw WORDS.range(["limit"], LIMIT, most, LIMIT);
  if (order !== "asc" && order !== "desc") throw WORDS.choice(["order"], ["asc", "desc"], order);
  const ordered = order === "asc" ? items : [...items].reverse();
  const place = after === undefined ? -1 : ordered.findIndex((item) => item.id === after);
  if (after !== undefined && place < 0) throw notFound(`Item with id '${after.slice(0, 100)}' not found.`, "after");
  const data = ordered.slice(place + 1, place + 1 + most);
  return { object: "list", data, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null, has_more: place + 1 + most < ordered.length };
}
