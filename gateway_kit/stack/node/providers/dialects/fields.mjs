// Declares what a provider's request may contain, once: to check requests and to list what is simulated.
//
// A field is { kind, effect, note, example, required, ...limits }. `effect` says what the simulator does with it:
//   simulated  it changes the answer as it does at the provider
//   accepted   it is checked, and echoed where the provider echoes it; it changes nothing else here
//   refused    it is answered with the provider's 400, because an answer that ignores it would be wrong
// `example` is a value to try; for a simulated field it may be { with: { other fields }, value }.
//
// A provider's wording, `words`, turns a fault into that provider's error. Each entry takes the path (a list of
// names and indexes) and returns a ProviderError: missing(path), type(path, expected, value, field), range(path,
// limit, value, field), pattern(path, pattern, value) for texts that declare one, choice(path, values,
// value, field), unsupported(path, reason), and unknown(path, fields), which may return null to accept a field that the
// provider ignores.

const declare = (kind) => (options = {}) => ({ kind, effect: "simulated", ...options });

export const text = declare("text");
export const number = declare("number");
export const integer = declare("integer");
export const boolean = declare("boolean");
/** Any JSON value, such as a JSON schema. */
export const anything = declare("anything");
/** One of some texts. */
export const choice = (values, options) => ({ ...declare("choice")(options), values });
/** A list of `item`; limits: min, max. */
export const list = (item, options) => ({ ...declare("list")(options), item });
/** An object with declared fields. */
export const object = (fields, options) => ({ ...declare("object")(options), fields });
/** An object with names of the caller's own, each of at most `maxName` characters; `item` checks each value. */
export const record = (item, options) => ({ ...declare("record")(options), item });
/** The first alternative whose JSON type fits. */
export const either = (alternatives, options) => ({ ...declare("either")(options), alternatives });
/**
 * An object whose field `tag` says which of `variants` it is; `absent` (a name, or a function of the
 * object) is the variant without a tag. With `tagged`, the paths of faults in it have the tag too, as in thinking.enabled.budget_tokens.
 */
export const variants = (tag, byName, options) => ({ ...declare("variants")(options), tag, byName });
/** Not simulated. `unless(value)` is true for values that ask for nothing, such as false. */
export const refused = (reason, options = {}) => ({ kind: "refused", effect: "refused", note: reason, reason, ...options });

const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

const FITS = {
  text: (value) => typeof value === "string",
  choice: (value) => typeof value === "string",
  number: (value) => typeof value === "number",
  integer: (value) => typeof value === "number",
  boolean: (value) => typeof value === "boolean",
  list: Array.isArray,
  object: isObject,
  record: isObject,
  variants: isObject,
  anything: () => true,
  refused: () => true,
  either: (value, field) => field.alternatives.some((one) => FITS[one.kind](value, one)),
};

const EXPECTED = { text: "a string", choice: "a string", number: "a number", integer: "an integer", boolean: "a boolean", list: "an array" };
const expected = (field) => (field.kind === "either" ? field.alternatives.map(expected).join(" or ") : EXPECTED[field.kind] ?? "an object");

/** Raises the provider's error for the first fault of `body`. */
export function checkFields(fields, body, words, path = []) {
  for (const name in body) {
    if (Object.hasOwn(fields, name)) continue;
    const error = words.unknown([...path, name], fields);
    if (error) throw error;
  }
  for (const name in fields) {
    const field = fields[name];
    const value = body[name];
    if (value === undefined || (value === null && !field.strict)) {
      if (field.required) throw words.missing([...path, name]);
    } else checkValue(field, value, words, [...path, name]);
  }
}

function checkValue(field, value, words, path) {
  if (!FITS[field.kind](value, field)) throw words.type(path, expected(field), value, field);
  CHECKS[field.kind]?.(field, value, words, path);
}

const CHECKS = {
  number: checkNumber,
  integer(field, value, words, path) {
    if (!Number.isInteger(value)) throw words.type(path, "an integer", value, field);
    checkNumber(field, value, words, path);
  },
  text(field, value, words, path) {
    if (value.length < (field.min ?? 0) || value.length > (field.max ?? Infinity)) throw words.range(path, limitOf(field, "characters"), value, field);
    if (field.pattern && !field.pattern.test(value)) throw words.pattern(path, field.pattern, value);
  },
  choice(field, value, words, path) {
    if (!field.values.includes(value)) throw words.choice(path, field.values, value, field);
  },
  list(field, value, words, path) {
    if (value.length < (field.min ?? 0) || value.length > (field.max ?? Infinity)) throw words.range(path, limitOf(field, "entries"), value, field);
    for (const [index, item] of value.entries()) checkValue(field.item, item, words, [...path, index]);
  },
  object: (field, value, words, path) => checkFields(field.fields, value, words, path),
  record(field, value, words, path) {
    if (Object.keys(value).length > (field.max ?? Infinity)) throw words.range(path, limitOf(field, "entries"), value, field);
    for (const name in value) {
      if (name.length > (field.maxName ?? Infinity)) throw words.range([...path, name], { max: field.maxName, unit: "characters of the name" }, name, field);
      checkValue(field.item, value[name], words, [...path, name]);
    }
  },
  either(field, value, words, path) {
    checkValue(field.alternatives.find((one) => FITS[one.kind](value, one)), value, words, path);
  },
  variants(field, value, words, path) {
    const tag = value[field.tag] ?? (typeof field.absent === "function" ? field.absent(value) : field.absent);
    if (tag === undefined) throw words.missing([...path, field.tag]);
    if (typeof tag !== "string" || !Object.hasOwn(field.byName, tag)) throw words.choice([...path, field.tag], Object.keys(field.byName), tag, field);
    const variant = field.byName[tag];
    if (variant.kind === "refused") throw words.unsupported([...path, field.tag], variant.reason);
    // The variant need not declare the tag itself.
    const { [field.tag]: _tag, ...rest } = value;
    if (variant.kind === "variants") CHECKS.variants(variant, rest, words, path);
    else checkFields(variant.fields, Object.hasOwn(variant.fields, field.tag) ? value : rest, words, field.tagged ? [...path, tag] : path);
  },
  refused(field, value, words, path) {
    if (!field.unless?.(value)) throw words.unsupported(path, field.reason);
  },
};

function checkNumber(field, value, words, path) {
  if (value < (field.min ?? -Infinity) || value > (field.max ?? Infinity)) throw words.range(path, limitOf(field, ""), value, field);
}

const limitOf = ({ min, max }, unit) => ({ min, max, unit });

/** One row per field, nested ones too unless the field is `brief`: `{ field, effect, note, example }`. */
export function describeFields(fields, prefix = "") {
  return Object.entries(fields).flatMap(([name, field]) => rowsOf(field, prefix + name));
}

function rowsOf(field, name) {
  const row = { field: name, effect: field.effect, note: field.note ?? "", example: field.example ?? null };
  return field.brief ? [row] : [row, ...nested(field, name)];
}

function nested(field, name) {
  switch (field.kind) {
    case "object": return describeFields(field.fields, `${name}.`);
    case "list": return nested(field.item, `${name}[]`);
    case "record": return nested(field.item, `${name}.*`);
    case "either": return field.alternatives.flatMap((one) => nested(one, name));
    case "variants": return Object.entries(field.byName).flatMap(([tag, one]) => rowsOf(one, `${name}(${tag})`));
    default: return [];
  }
}
