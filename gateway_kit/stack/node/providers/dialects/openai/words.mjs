// How OpenAI words the faults of a request: message, param and code.

import { ProviderError } from "../../errors.mjs";

/** "messages[0].content" of ["messages", 0, "content"]. */
export const placeOf = (path) => path.reduce((text, step) => (typeof step === "number" ? `${text}[${step}]` : text ? `${text}.${step}` : step), "");

/** A 400; `param` and `code` may be null. */
export const refusal = (message, param = null, code = null) => new ProviderError("bad_request", { message, param, code });

const quoted = (value) => `'${typeof value === "string" ? value : JSON.stringify(value)}'`;

/** "'a', 'b', and 'c'" */
export function enumeration(values, word = "and") {
  const names = values.map(quoted);
  if (names.length < 3) return names.join(` ${word} `);
  return `${names.slice(0, -1).join(", ")}, ${word} ${names.at(-1)}`;
}

function kindOf(value) {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "number") return Number.isInteger(value) ? "an integer" : "a decimal number";
  return { string: "a string", boolean: "a boolean" }[typeof value] ?? "an object";
}

const PLURAL = { text: "strings", choice: "strings", integer: "integers", number: "decimals", boolean: "booleans", list: "arrays" };

function wanted(field) {
  if (field.called) return field.called;
  switch (field.kind) {
    case "text": return "a string";
    case "number": return "a decimal";
    case "integer": return "an integer";
    case "boolean": return "a boolean";
    case "choice": return `one of ${enumeration(field.values, "or")}`;
    case "list": return `an array of ${PLURAL[field.item.kind] ?? "objects"}`;
    // The first keeps its article.
    case "either": return `one of ${field.alternatives.map((one, i) => (i ? wanted(one).replace(/^an? /, "") : wanted(one))).join(" or ")}`;
    default: return "an object";
  }
}

function rangeFault({ min, max }, value, field) {
  const below = (what) => [`${what} below minimum value. Expected a value >= ${min}, but got ${value} instead.`, `${what}_below_min_value`];
  const above = (what) => [`${what} above maximum value. Expected a value <= ${max}, but got ${value} instead.`, `${what}_above_max_value`];
  if (typeof value === "number") {
    const what = field.kind === "integer" ? "integer" : "decimal";
    return value < min ? below(what) : above(what);
  }
  const [what, article, size] = Array.isArray(value) ? ["array", "an", value.length]
    : typeof value === "string" ? ["string", "a", value.length] : ["object", "an", Object.keys(value).length];
  if (what === "object") return [`too many properties. Expected an object with at most ${max} properties, but got an object with ${size} properties instead.`, "object_above_max_properties"];
  const length = (limit) => `Expected ${article} ${what} with ${limit}, but got ${size ? `${article} ${what} with length ${size}` : `an empty ${what}`} instead.`;
  if (size === 0) return [`empty ${what}. ${length(`minimum length ${min}`)}`, `empty_${what}`];
  return size < (min ?? 0) ? [`${what} too short. ${length(`minimum length ${min}`)}`, `${what}_below_min_length`]
    : [`${what} too long. ${length(`maximum length ${max}`)}`, `${what}_above_max_length`];
}

function longName(path, max, name) {
  const shown = name.length > 9 ? `${name.slice(0, 3)}...${name.slice(-3)}` : name;
  const message = `Invalid property name in '${placeOf(path.slice(0, -1))}': '${shown}' is too long. Expected a string with maximum length ${max}, but got a string with length ${name.length} instead.`;
  return refusal(message, placeOf(path), "property_name_above_max_length");
}

/** For checkFields. */
export const WORDS = {
  missing: (path) => refusal(`Missing required parameter: '${placeOf(path)}'.`, placeOf(path), "missing_required_parameter"),
  type: (path, _expected, value, field) =>
    refusal(`Invalid type for '${placeOf(path)}': expected ${wanted(field)}, but got ${kindOf(value)} instead.`, placeOf(path), "invalid_type"),
  range(path, limit, value, field) {
    if (limit.unit === "characters of the name") return longName(path, limit.max, value);
    const [what, code] = rangeFault(limit, value, field);
    return refusal(`Invalid '${placeOf(path)}': ${what}`, placeOf(path), code);
  },
  pattern: (path, pattern) => refusal(
    `Invalid '${placeOf(path)}': string does not match pattern. Expected a string that matches the pattern '${pattern.source}'.`, placeOf(path), "invalid_value",
  ),
  choice: (path, values, value) => refusal(`Invalid value: ${quoted(value)}. Supported values are: ${enumeration(values)}.`, placeOf(path), "invalid_value"),
  unsupported: (path, reason) => refusal(`Unsupported parameter: '${placeOf(path)}' is not supported by the simulator. ${reason}`, placeOf(path), "unsupported_parameter"),
  unknown(path, fields) {
    const near = nearNames(path.at(-1), Object.keys(fields));
    const help = near.length ? ` Did you mean ${enumeration(near, "or")}?` : "";
    return refusal(`Unknown parameter: '${placeOf(path)}'.${help}`, placeOf(path), "unknown_parameter");
  },
};

/** Up to two of the known names that differ by one letter. */
const nearNames = (name, known) => (name.length > 64 ? [] : known.filter((one) => oneLetterApart(name, one)).slice(0, 2));

function oneLetterApart(a, b) {
  if (Math.abs(a.length - b.length) > 1) return false;
  let same = 0;
  while (same < a.length && a[same] === b[same]) same += 1;
  const [restA, restB] = [a.slice(same), b.slice(same)];
  return restA.slice(1) === restB.slice(1) || restA.slice(1) === restB || restA === restB.slice(1);
}
