// How Bedrock words a fault in the body of InvokeModel, which it checks by the vendor's own JSON schema.

import { invalid } from "./words.mjs";

const at = (path) => `#${path.map((step) => `/${step}`).join("")}`;
const malformed = (fault) => invalid(`Malformed input request: ${fault}, please reformat your input and try again.`);
const TYPES = { text: "String", choice: "String", integer: "Integer", number: "Number", boolean: "Boolean", list: "JSONArray", either: "String" };
const found = (value) => (Array.isArray(value) ? "JSONArray" : { string: "String", number: Number.isInteger(value) ? "Integer" : "Double", boolean: "Boolean" }[typeof value] ?? "JSONObject");

export const INVOKE_WORDS = {
  missing: (path) => malformed(`${at(path.slice(0, -1))}: required key [${path.at(-1)}] not found`),
  type: (path, _expected, value, field) => malformed(`${at(path)}: expected type: ${TYPES[field.kind] ?? "JSONObject"}, found: ${found(value)}`),
  range(path, { min, max, unit }, value) {
    if (!unit) return malformed(`${at(path)}: ${value} is not ${value < min ? `greater or equal to ${min}` : `less or equal to ${max}`}`);
    const size = value.length ?? Object.keys(value).length;
    const what = unit === "characters" ? "Length" : "Items";
    return malformed(size < min ? `${at(path)}: expected min${what}: ${min}, actual: ${size}` : `${at(path)}: expected max${what}: ${max}, actual: ${size}`);
  },
  pattern: (path, pattern, value) => malformed(`${at(path)}: string [${value}] does not match pattern ${pattern.source}`),
  choice: (path, _values, value) => malformed(`${at(path)}: ${value} is not a valid enum value`),
  unsupported: (path, reason) => invalid(`${path.join(".")}: ${reason}`),
  unknown: (path) => malformed(`${at(path.slice(0, -1))}: extraneous key [${path.at(-1)}] is not permitted`),
};
