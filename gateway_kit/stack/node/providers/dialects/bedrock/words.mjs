// How Bedrock words a fault in a request's fields.

import { ProviderError } from "../../errors.mjs";

/** Bedrock's 400; `exception` names another error than a ValidationException. */
export const invalid = (message, exception) => new ProviderError("bad_request", { message, exception });

/** messages.0.content.1, as Bedrock's own checks write a place. */
export const placeOf = (path) => path.join(".");

// messages.1.member.content.2.member, as the checks of AWS's service models write it, which count from one.
const memberOf = (path) => path.map((step) => (typeof step === "number" ? `${step + 1}.member` : step)).join(".");

const show = (value) => (typeof value === "string" ? value : JSON.stringify(value));

const broken = (path, value, constraint) => invalid(
  `1 validation error detected: Value ${value === undefined ? "null" : `'${show(value)}'`} at '${memberOf(path)}' failed to satisfy constraint: ${constraint}`,
);

const TOKEN = (value) => (typeof value === "string" ? "STRING_VALUE" : typeof value === "number" ? "NUMBER_VALUE" : typeof value === "boolean" ? "BOOLEAN_VALUE" : null);
const WANTED = { "a string": "String", "a number": "Float", "an integer": "Integer", "a boolean": "Boolean" };

function wrongType(path, expected, value) {
  const found = TOKEN(value);
  const wanted = WANTED[expected];
  const what = found && wanted ? `${found} can not be converted to ${wanted === "Integer" ? "an" : "a"} ${wanted}`
    : found ? `Unexpected ${found}: expected ${expected}` : `Start of ${Array.isArray(value) ? "list" : "structure or map"} found where not expected`;
  return invalid(`${what} (${placeOf(path)}).`, "SerializationException");
}

export const WORDS = {
  missing: (path) => broken(path, undefined, "Member must not be null"),
  type(path, expected, value, field) {
    if (field.document) return invalid(`The format of the value at ${placeOf(path)} is invalid. Provide a json object for the field and try again.`);
    return wrongType(path, expected, value);
  },
  range(path, { min, max, unit }, value) {
    const size = typeof value === "number" ? value : value.length ?? Object.keys(value).length;
    const member = unit ? "length" : "value";
    return broken(path, value, `Member must have ${member} ${size < min ? `greater than or equal to ${min}` : `less than or equal to ${max}`}`);
  },
  pattern: (path, pattern, value) => broken(path, value, `Member must satisfy regular expression pattern: ${pattern.source.replace(/^\^|\$$/g, "")}`),
  choice: (path, values, value) => broken(path, value, `Member must satisfy enum value set: [${values.join(", ")}]`),
  unsupported: (path, reason) => invalid(`${placeOf(path)}: ${reason}`),
  unknown: (path) => invalid(`Malformed input request: #${path.slice(0, -1).map((step) => `/${step}`).join("")}: extraneous key [${path.at(-1)}] is not permitted, please reformat your input and try again.`),
};

/** The error for a field that this model does not take. */
export const notForModel = (field) => invalid(`This model doesn't support the ${field} field. Remove ${field} and try again.`);

/** The error that the model's own API raised, which Bedrock passes on. */
export const fromModel = (message) => invalid(`The model returned the following errors: ${message}`);
