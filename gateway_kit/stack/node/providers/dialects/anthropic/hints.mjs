// Limits that a schema has only in words. Anthropic takes no minimum or maxLength, so its SDK and LiteLLM move them into
// the description, where a model reads them.

const COUNTS = new Set(["minItems", "maxItems", "minLength", "maxLength"]);
const NUMBERS = new Set(["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", ...COUNTS]);
const LITELLM = {
  "minimum number of items": "minItems", "maximum number of items": "maxItems", "minimum value": "minimum", "maximum value": "maximum",
  "exclusive minimum value": "exclusiveMinimum", "exclusive maximum value": "exclusiveMaximum", "minimum length": "minLength", "maximum length": "maxLength",
};

/** A copy of a schema with the limits of its descriptions as keywords. */
export function withHints(schema) {
  if (schema === null || typeof schema !== "object") return schema;
  if (Array.isArray(schema)) return schema.map(withHints);
  const copy = Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, name === "enum" || name === "const" ? value : withHints(value)]));
  return typeof schema.description === "string" ? { ...hintsOf(schema.description), ...copy } : copy;
}

function hintsOf(description) {
  const found = {};
  for (const [name, text] of pairs(description)) {
    const value = Number(text);
    if (NUMBERS.has(name) && Number.isFinite(value) && !(COUNTS.has(name) && !(Number.isInteger(value) && value >= 0))) found[name] = value;
    else if (name === "pattern") found.pattern = text;
  }
  // A pattern says how long a text is; both together may fit nothing.
  if (found.pattern !== undefined && (found.minLength !== undefined || found.maxLength !== undefined)) delete found.pattern;
  return found;
}

// Anthropic's SDK writes {minimum: 1, maximum: 5} at the end, LiteLLM "Note: minimum value: 1, maximum value: 5."
function* pairs(description) {
  const start = description.startsWith("{") ? 0 : description.lastIndexOf("\n\n{") + 2;
  if (description.endsWith("}") && description[start] === "{") {
    for (const part of description.slice(start + 1, -1).split(/, (?=[A-Za-z]+: )/)) yield split(part);
  }
  const note = /(?:^|\s)Note: (.*)\.$/.exec(description)?.[1];
  for (const part of note?.split(", ") ?? []) {
    const [label, value] = split(part);
    if (LITELLM[label]) yield [LITELLM[label], value];
  }
}

function split(part) {
  const at = part.indexOf(": ");
  return [part.slice(0, at), part.slice(at + 2)];
}
