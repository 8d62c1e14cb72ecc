// One form for the schemas that providers accept: JSON Schema 2020-12.
//
// Google writes types in capitals, limits as texts and `nullable`; older drafts write tuples, `dependencies` and
// exclusive limits differently. A keyword of the wrong type is an error; an unknown keyword is left out.

import { SchemaError } from "./error.mjs";
import { readPattern } from "./spelling.mjs";

const DEEPEST = 200;
const TYPES = ["object", "array", "string", "number", "integer", "boolean", "null"];
const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
const isTexts = (value) => Array.isArray(value) && value.every((item) => typeof item === "string");

const KINDS = {
  number: { is: Number.isFinite, needs: "a number" },
  count: { is: (value) => Number.isInteger(value) && value >= 0, needs: "a whole number of at least 0" },
  positive: { is: (value) => Number.isFinite(value) && value > 0, needs: "a number above 0" },
  text: { is: (value) => typeof value === "string", needs: "a text" },
  texts: { is: isTexts, needs: "a list of texts" },
  flag: { is: (value) => typeof value === "boolean", needs: "true or false" },
  list: { is: Array.isArray, needs: "a list" },
  textLists: { is: (value) => isObject(value) && Object.values(value).every(isTexts), needs: "an object of lists of texts" },
};
const PLAIN = {
  minimum: "number", maximum: "number", exclusiveMinimum: "number", exclusiveMaximum: "number", multipleOf: "positive",
  minLength: "count", maxLength: "count", minItems: "count", maxItems: "count", minProperties: "count", maxProperties: "count",
  minContains: "count", maxContains: "count", pattern: "text", format: "text", title: "text", description: "text",
  $ref: "text", $id: "text", $anchor: "text", required: "texts", propertyOrdering: "texts", uniqueItems: "flag",
  enum: "list", dependentRequired: "textLists",
};
const SCHEMAS = ["items", "additionalProperties", "unevaluatedProperties", "unevaluatedItems", "propertyNames", "contains", "not", "if", "then", "else"];
const SCHEMA_LISTS = ["allOf", "anyOf", "oneOf", "prefixItems"];
const SCHEMA_MAPS = ["properties", "patternProperties", "$defs", "definitions", "dependentSchemas"];

/** The schema as JSON Schema 2020-12, a new object; throws SchemaError if it is not valid. */
export function toJsonSchema(schema, where = "#", depth = 0) {
  if (typeof schema === "boolean") return schema;
  if (!isObject(schema)) throw new SchemaError(`The schema at ${where} must be an object, true or false.`);
  if (depth > DEEPEST) throw new SchemaError(`The schema is nested more than ${DEEPEST} levels deep.`);
  const read = modern(schema);
  const result = {};
  const child = (value, name) => toJsonSchema(value, `${where}/${name}`, depth + 1);
  if (read.type !== undefined && read.type !== null) result.type = readType(read.type, where);
  if ("const" in read) result.const = read.const;
  for (const [name, kind] of Object.entries(PLAIN)) {
    if (read[name] === undefined || read[name] === null) continue;
    if (!KINDS[kind].is(read[name])) throw new SchemaError(`The schema at ${where} is not valid: "${name}" must be ${KINDS[kind].needs}.`);
    result[name] = read[name];
  }
  for (const name of SCHEMAS) if (read[name] !== undefined && read[name] !== null) result[name] = child(read[name], name);
  for (const name of SCHEMA_LISTS) {
    if (read[name] === undefined || read[name] === null) continue;
    if (!Array.isArray(read[name])) throw new SchemaError(`The schema at ${where} is not valid: "${name}" must be a list of schemas.`);
    // Some tools write an empty list where they mean none.
    if (read[name].length) result[name] = read[name].map((item, i) => child(item, `${name}/${i}`));
  }
  for (const name of SCHEMA_MAPS) {
    if (read[name] === undefined || read[name] === null) continue;
    if (!isObject(read[name])) throw new SchemaError(`The schema at ${where} is not valid: "${name}" must be an object of schemas.`);
    result[name] = Object.fromEntries(Object.entries(read[name]).map(([key, value]) => [key, child(value, `${name}/${key}`)]));
  }
  if (result.pattern !== undefined) result.pattern = readPattern(result.pattern, where);
  if (result.patternProperties) result.patternProperties = Object.fromEntries(Object.entries(result.patternProperties).map(([pattern, value]) => [readPattern(pattern, where), value]));
  return read.nullable === true ? orNull(result) : result;
}

function readType(type, where) {
  const names = (Array.isArray(type) ? type : [type]).map((name) => (typeof name === "string" && name === name.toUpperCase() ? name.toLowerCase() : name));
  // Google's "no type given".
  if (names[0] === "type_unspecified") return undefined;
  for (const name of names) {
    if (!TYPES.includes(name)) throw new SchemaError(`The schema at ${where} is not valid: ${JSON.stringify(name)} is no type; the types are ${TYPES.join(", ")}.`);
  }
  if (names.length === 0) throw new SchemaError(`The schema at ${where} is not valid: "type" is an empty list.`);
  return Array.isArray(type) ? names : names[0];
}

function orNull(schema) {
  const { type, enum: values, ...rest } = schema;
  if ("const" in schema || schema.$ref !== undefined || schema.anyOf || schema.oneOf || schema.allOf) return { anyOf: [schema, { type: "null" }] };
  if (type === undefined) return schema;
  const types = Array.isArray(type) ? type : [type];
  return { ...rest, type: types.includes("null") ? types : [...types, "null"], ...(values && { enum: values.includes(null) ? values : [...values, null] }) };
}

// Older and other spellings in today's.
function modern(schema) {
  const read = isGoogles(schema) ? camelCased(schema) : { ...schema };
  if (Array.isArray(read.items)) {
    read.prefixItems = read.items;
    read.items = read.additionalItems;
  }
  if (isObject(read.dependencies)) {
    const entries = Object.entries(read.dependencies);
    read.dependentRequired = { ...read.dependentRequired, ...Object.fromEntries(entries.filter(([, value]) => Array.isArray(value))) };
    read.dependentSchemas = { ...read.dependentSchemas, ...Object.fromEntries(entries.filter(([, value]) => !Array.isArray(value))) };
  }
  for (const [limit, exclusive] of [["minimum", "exclusiveMinimum"], ["maximum", "exclusiveMaximum"]]) {
    if (typeof read[exclusive] !== "boolean") continue;
    if (read[exclusive] && read[limit] !== undefined) read[exclusive] = read[limit];
    else delete read[exclusive];
  }
  if (read.$dynamicRef !== undefined) read.$ref ??= read.$dynamicRef;
  if (read.$dynamicAnchor !== undefined) read.$anchor ??= read.$dynamicAnchor;
  if (read.$ref === undefined && read.ref !== undefined && isGoogles(schema)) read.$ref = read.ref;
  return read;
}

const isGoogles = (schema) => typeof schema.type === "string" && /^[A-Z_]+$/.test(schema.type);
const COUNTS = /^m(?:in|ax)_?(?:Items|items|Length|length|Properties|properties)$/;

function camelCased(schema) {
  return Object.fromEntries(Object.entries(schema).map(([name, value]) => [
    name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase()),
    COUNTS.test(name) && typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value,
  ]));
}
