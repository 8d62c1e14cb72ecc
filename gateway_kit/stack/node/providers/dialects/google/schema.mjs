// Google's Schema: a part of JSON Schema with types in capitals, which a request may spell in two ways.

import { isObject } from "../shared.mjs";
import { camelCase } from "./proto.mjs";

const TYPES = ["TYPE_UNSPECIFIED", "STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL"];
const DEEPEST = 100;

const text = (value) => (typeof value === "string" ? value : undefined);
const flag = (value) => (typeof value === "boolean" ? value : undefined);
const number = (value) => numberOf(value, Number.isFinite);
const whole = (value) => numberOf(value, Number.isInteger);
const texts = (value) => (Array.isArray(value) && value.every((item) => typeof item === "string") ? value : undefined);
const any = (value) => value;

// Google writes 64-bit numbers as texts.
function numberOf(value, fits) {
  const made = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return fits(made) ? made : undefined;
}

function typeOf(value) {
  if (Number.isInteger(value)) return TYPES[value];
  return typeof value === "string" ? TYPES.find((type) => type === value.toUpperCase()) : undefined;
}

const FIELDS = {
  type: [typeOf, "Type"], format: [text, "TYPE_STRING"], title: [text, "TYPE_STRING"], description: [text, "TYPE_STRING"],
  nullable: [flag, "TYPE_BOOL"], enum: [texts, "TYPE_STRING"], required: [texts, "TYPE_STRING"], propertyOrdering: [texts, "TYPE_STRING"],
  maxItems: [whole, "TYPE_INT64"], minItems: [whole, "TYPE_INT64"], minProperties: [whole, "TYPE_INT64"], maxProperties: [whole, "TYPE_INT64"],
  minLength: [whole, "TYPE_INT64"], maxLength: [whole, "TYPE_INT64"], minimum: [number, "TYPE_DOUBLE"], maximum: [number, "TYPE_DOUBLE"],
  pattern: [text, "TYPE_STRING"], example: [any], default: [any],
};
// What Vertex AI's Schema has besides.
const VERTEX = { additionalProperties: "either", ref: "ref", defs: "defs", $ref: "ref", $defs: "defs" };

/** Reads a Schema; the result has JSON Schema's names, with Google's types. */
export function readSchema(value, path, reading, depth = 0) {
  if (!isObject(value)) {
    reading.invalid(path, reading.typeUrl("Schema"), value);
    return {};
  }
  if (depth > DEEPEST) {
    reading.violation(path, `Message too deep. Max recursion depth reached for key '${path}'`);
    return {};
  }
  const schema = {};
  for (const [key, item] of Object.entries(value)) if (item !== null) readField(schema, key, item, path, reading, depth);
  checkSchema(schema, path, reading);
  return schema;
}

function readField(schema, key, item, path, reading, depth) {
  const name = Object.hasOwn(FIELDS, key) || key.startsWith("$") ? key : camelCase(key);
  const at = `${path}.${key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`;
  const child = (value, where) => readSchema(value, where, reading, depth + 1);
  if (Object.hasOwn(FIELDS, name)) {
    const [read, wire] = FIELDS[name];
    const made = read(item);
    if (made === undefined) reading.invalid(at, wire === "Type" ? reading.typeUrl("Type") : wire, item);
    else if (made !== "TYPE_UNSPECIFIED") schema[name] = made;
  } else if (name === "items") schema.items = child(item, at);
  else if (name === "anyOf") schema.anyOf = (Array.isArray(item) ? item : [item]).map((one, i) => child(one, `${at}[${i}]`));
  else if (name === "properties") schema.properties = children(item, at, reading, child);
  else if (reading.provider === "vertex_ai" && Object.hasOwn(VERTEX, name)) readVertexField(schema, VERTEX[name], item, at, reading, child);
  else reading.unknown(path, key);
}

function readVertexField(schema, name, item, at, reading, child) {
  if (name === "ref") schema.$ref = String(item);
  else if (name === "defs") schema.$defs = children(item, at, reading, child);
  else schema.additionalProperties = typeof item === "boolean" ? item : child(item, at);
}

function children(value, at, reading, child) {
  if (!isObject(value)) {
    reading.invalid(at, "map", value);
    return {};
  }
  return Object.fromEntries(Object.entries(value).map(([key, one], i) => [key, child(one, `${at}[${i}].value`)]));
}

// What Google's servers check besides the form.
function checkSchema(schema, path, reading) {
  const { type, properties, items, required, anyOf } = schema;
  if (type === "ARRAY" && items === undefined && anyOf === undefined) reading.fault(`${path}.items`, "missing field.");
  if (schema.enum && type !== undefined && type !== "STRING" && reading.provider === "gemini") reading.fault(`${path}.enum`, "only allowed for STRING type");
  if (required && properties) {
    for (const [i, name] of required.entries()) if (!Object.hasOwn(properties, name)) reading.fault(`${path}.required[${i}]`, "property is not defined");
  }
}
