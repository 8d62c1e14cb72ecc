// OpenAI's rules for JSON schemas: every one is an object at its root, and a strict one must say all of its properties.

import { isObject } from "../shared.mjs";

const NOT_PERMITTED = ["allOf", "oneOf", "not", "if", "then", "else", "dependentRequired", "dependentSchemas", "patternProperties", "uniqueItems", "prefixItems"];

/** What is wrong with the schema in OpenAI's words, or null. */
export function schemaFault(schema, strict) {
  if (schema.type !== "object" && (strict || schema.type !== undefined)) {
    return `schema must be a JSON Schema of 'type: "object"', got 'type: "${typeText(schema.type)}"'.`;
  }
  return strict ? strictFault(schema, [], schema) : null;
}

const typeText = (type) => (type === undefined || type === null ? "None" : typeof type === "string" ? type : JSON.stringify(type));

// OpenAI writes the place in a schema as a Python tuple.
const placeText = (place) => (place.length === 1 ? `('${place[0]}',)` : `(${place.map((name) => `'${name}'`).join(", ")})`);
const at = (place, message) => `In context=${placeText(place)}, ${message}`;

function strictFault(node, place, root) {
  if (!isObject(node)) return at(place, "schema must be an object.");
  const banned = NOT_PERMITTED.find((name) => Object.hasOwn(node, name));
  if (banned) return at(place, `'${banned}' is not permitted.`);
  if (typeof node.$ref === "string") {
    return resolves(node.$ref, root) ? null : at(place, `reference to component '${node.$ref}' which was not found in the schema.`);
  }
  if (node.type === undefined && node.anyOf === undefined && node.enum === undefined && node.const === undefined) {
    return at(place, "schema must have a 'type' key.");
  }
  return objectFault(node, place) ?? arrayFault(node, place) ?? nestedFault(node, place, root);
}

const hasType = (node, type) => node.type === type || (Array.isArray(node.type) && node.type.includes(type));

function objectFault(node, place) {
  if (!hasType(node, "object")) return null;
  if (node.additionalProperties !== false) return at(place, "'additionalProperties' is required to be supplied and to be false.");
  const names = Object.keys(node.properties ?? {});
  const required = Array.isArray(node.required) ? node.required : [];
  const rule = "'required' is required to be supplied and to be an array including every key in properties.";
  const missing = names.find((name) => !required.includes(name));
  if (missing !== undefined) return at(place, `${rule} Missing '${missing}'.`);
  const extra = required.find((name) => !names.includes(name));
  return extra === undefined ? null : at(place, `${rule} Extra required key '${extra}' supplied.`);
}

function arrayFault(node, place) {
  return hasType(node, "array") && !isObject(node.items) ? at(place, "array schema missing items.") : null;
}

function nestedFault(node, place, root) {
  for (const group of ["properties", "$defs", "definitions"]) {
    if (!isObject(node[group])) continue;
    for (const [name, child] of Object.entries(node[group])) {
      const fault = strictFault(child, [...place, group, name], root);
      if (fault) return fault;
    }
  }
  if (isObject(node.items)) {
    const fault = strictFault(node.items, [...place, "items"], root);
    if (fault) return fault;
  }
  for (const [index, child] of (Array.isArray(node.anyOf) ? node.anyOf : []).entries()) {
    const fault = strictFault(child, [...place, "anyOf", String(index)], root);
    if (fault) return fault;
  }
  return null;
}

function resolves(reference, root) {
  if (!reference.startsWith("#")) return false;
  let node = root;
  for (const part of reference.slice(1).split("/").filter(Boolean)) {
    node = isObject(node) ? node[part.replaceAll("~1", "/").replaceAll("~0", "~")] : undefined;
  }
  return isObject(node);
}
