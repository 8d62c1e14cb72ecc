// Which JSON schemas Anthropic takes: for a tool's input, and, more strictly, for answers and strict tools.

import { isObject } from "../shared.mjs";
import { quoted, refusal } from "./words.mjs";

const TYPES = ["object", "array", "string", "number", "integer", "boolean", "null"];
const UNSUPPORTED = {
  array: ["maxItems", "uniqueItems", "contains", "minContains", "maxContains", "prefixItems"],
  number: ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"],
  integer: ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"],
  string: ["minLength", "maxLength"],
  object: ["minProperties", "maxProperties", "patternProperties", "propertyNames", "dependentRequired", "dependentSchemas", "unevaluatedProperties"],
};
const NOWHERE = ["oneOf", "if", "then", "else", "not"];
const MOST_DEPTH = 200;

/** Raises Anthropic's 400 for a tool's input schema that is none. */
export function checkInputSchema(schema, path) {
  const place = path.join(".");
  if (schema.type === undefined) throw refusal(`${place}.type: Field required`);
  if (schema.type !== "object") throw refusal(`${place}.type: Input should be 'object'`);
  if (["oneOf", "allOf", "anyOf"].some((name) => schema[name] !== undefined)) {
    throw refusal(`${place}: input_schema does not support oneOf, allOf, or anyOf at the top level`);
  }
  if (!isSchema(schema, 0)) {
    throw refusal(`${place}: JSON schema is invalid. It must match JSON Schema draft 2020-12 (https://json-schema.org/draft/2020-12). Learn more about tool use at https://docs.claude.com/en/docs/tool-use.`);
  }
}

const someSchemas = (value, depth) => Array.isArray(value) && value.length > 0 && value.every((one) => isSchema(one, depth));
const namedSchemas = (value, depth) => isObject(value) && Object.values(value).every((one) => isSchema(one, depth));

function isSchema(schema, depth) {
  if (typeof schema === "boolean") return true;
  if (!isObject(schema) || depth > MOST_DEPTH) return false;
  const { type, properties, required, items, enum: values, $defs, anyOf, allOf, oneOf } = schema;
  const kinds = Array.isArray(type) ? type : [type];
  return (type === undefined || (kinds.length > 0 && kinds.every((kind) => TYPES.includes(kind))))
    && (properties == null || namedSchemas(properties, depth + 1))
    && ($defs === undefined || namedSchemas($defs, depth + 1))
    && (required == null || (Array.isArray(required) && required.every((name) => typeof name === "string")))
    && (items === undefined || isSchema(items, depth + 1))
    && (values === undefined || Array.isArray(values))
    && [anyOf, allOf, oneOf].every((list) => list === undefined || someSchemas(list, depth + 1));
}

/** Raises Anthropic's 400 for a schema that it cannot hold an answer to; `place` is what the error names. */
export function checkStrictSchema(schema, place) {
  checkNode(schema, place, { $defs: schema.$defs ?? {}, definitions: schema.definitions ?? {} }, [], 0);
}

function checkNode(node, place, root, within, depth) {
  if (!isSchema(node, 0) || typeof node === "boolean" || depth > MOST_DEPTH) throw refusal(`${place}: JSON schema is invalid.`);
  for (const name of NOWHERE) if (node[name] !== undefined) throw refusal(`${place}: Schema type '${name}' is not supported`);
  if (node.$ref !== undefined) return checkReference(node.$ref, place, root, within, depth);
  for (const type of Array.isArray(node.type) ? node.type : [node.type]) checkType(node, type, place);
  const nodes = [...Object.values(node.properties ?? {}), ...(node.items ? [node.items] : []), ...(node.anyOf ?? []), ...(node.allOf ?? [])];
  for (const one of nodes) checkNode(one, place, root, within, depth + 1);
}

function checkType(node, type, place) {
  if (type === "object" && node.additionalProperties !== false) throw refusal(`${place}: For 'object' type, 'additionalProperties' must be explicitly set to false`);
  if (type === "array" && node.minItems > 1) throw refusal(`${place}: For 'array' type, 'minItems' values other than 0 or 1 are not supported`);
  const found = (UNSUPPORTED[type] ?? []).filter((name) => node[name] !== undefined && node[name] !== false);
  if (found.length === 1) throw refusal(`${place}: For '${type}' type, property '${found[0]}' is not supported`);
  if (found.length) throw refusal(`${place}: For '${type}' type, properties ${quoted(found).replace(" or ", " and ")} are not supported`);
}

function checkReference(reference, place, root, within, depth) {
  const match = /^#\/(\$defs|definitions)\/([^/]+)$/.exec(String(reference));
  const target = match ? root[match[1]][match[2]] : undefined;
  if (target === undefined) throw refusal(`${place}: external schema references are not supported: ${reference}`);
  if (within.includes(reference)) throw refusal(`${place}: Circular reference detected in schema definitions: ${[...within, reference].map((name) => String(name).split("/").at(-1)).join(" -> ")}`);
  checkNode(target, place, root, [...within, reference], depth + 1);
}
