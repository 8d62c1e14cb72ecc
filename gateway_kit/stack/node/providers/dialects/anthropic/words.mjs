// How Anthropic words the faults of a request: the path with dots, then what is wrong.

import { ProviderError } from "../../errors.mjs";

/** A 400 of Anthropic. */
export const refusal = (message) => new ProviderError("bad_request", { message });

/** 'a', 'b' or 'c' */
export function quoted(values) {
  const list = values.map((value) => `'${value}'`);
  return list.length < 2 ? list.join("") : `${list.slice(0, -1).join(", ")} or ${list.at(-1)}`;
}

const EXPECTED = {
  text: "a valid string", choice: "a valid string", number: "a valid number", integer: "a valid integer", boolean: "a valid boolean",
  list: "a valid list", either: "a valid list",
};

const at = (path, message) => refusal(`${path.join(".")}: ${message}`);

function rangeFault(path, { min, max, unit }, value, field) {
  if (field.range) return field.range;
  if (unit === "") return value < min ? `Input should be greater than or equal to ${min}` : `Input should be less than or equal to ${max}`;
  const count = field.kind === "record" ? Object.keys(value).length : value.length;
  const [side, limit] = count < min ? ["at least", min] : ["at most", max];
  if (unit === "characters") return `String should have ${side} ${limit} character${limit === 1 ? "" : "s"}`;
  return `List should have ${side} ${limit} item${limit === 1 ? "" : "s"} after validation, not ${count}`;
}

export const WORDS = {
  missing: (path) => at(path, "Field required"),
  type: (path, _expected, _value, field) => at(path, `Input should be ${EXPECTED[field.kind] ?? "a valid dictionary or object to extract fields from"}`),
  range: (path, limit, value, field) => at(path, rangeFault(path, limit, value, field)),
  pattern: (path, pattern) => at(path, `String should match pattern '${pattern.source}'`),
  choice(path, values, value, field) {
    if (field.kind !== "variants") return at(path, `Input should be ${quoted(values)}`);
    const tag = path.at(-1);
    const given = typeof value === "string" ? value : JSON.stringify(value);
    return at(path.slice(0, -1), `Input tag '${given}' found using '${tag}' does not match any of the expected tags: ${values.map((name) => `'${name}'`).join(", ")}`);
  },
  unsupported: (path, reason) => at(path, reason),
  unknown: (path) => at(path, "Extra inputs are not permitted"),
};
