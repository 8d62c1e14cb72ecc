// Two schemas as one, for `allOf` and for the chosen branch of `anyOf`: a value that fits the result fits both.

import { Impossible } from "./impossible.mjs";

const LARGEST = ["minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties", "minContains"];
const SMALLEST = ["maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties", "maxContains"];
const BOTH = ["items", "unevaluatedProperties", "unevaluatedItems", "propertyNames", "contains"];

/** The schema that demands what `a` and `b` demand. */
export function merge(a, b) {
  if (a === true || b === true) return a === true ? b : a;
  if (a === false || b === false) throw new Impossible("no value is allowed");
  if (a.if !== undefined && b.if !== undefined) return merge(a, merge(without(b, "if", "then", "else"), { anyOf: [all(b.if, b.then ?? true), all({ not: b.if }, b.else ?? true)] }));
  const result = { ...a, ...b };
  for (const name of LARGEST) if (name in a && name in b) result[name] = Math.max(a[name], b[name]);
  for (const name of SMALLEST) if (name in a && name in b) result[name] = Math.min(a[name], b[name]);
  for (const name of BOTH) if (name in a && name in b) result[name] = all(a[name], b[name]);
  if ("type" in a && "type" in b) result.type = commonTypes(a.type, b.type);
  if (a.enum && b.enum) result.enum = a.enum.filter((value) => b.enum.some((other) => JSON.stringify(other) === JSON.stringify(value)));
  if (a.required && b.required) result.required = [...new Set([...a.required, ...b.required])];
  if (a.dependentRequired && b.dependentRequired) result.dependentRequired = joined(a.dependentRequired, b.dependentRequired, (x, y) => [...x, ...y]);
  if (a.patternProperties && b.patternProperties) result.patternProperties = joined(a.patternProperties, b.patternProperties, all);
  if (a.dependentSchemas && b.dependentSchemas) result.dependentSchemas = joined(a.dependentSchemas, b.dependentSchemas, all);
  if (a.multipleOf && b.multipleOf) result.multipleOf = commonMultiple(a.multipleOf, b.multipleOf);
  if (a.properties || b.properties) result.properties = mergedProperties(a, b);
  if ("additionalProperties" in a && "additionalProperties" in b) result.additionalProperties = all(a.additionalProperties, b.additionalProperties);
  if (a.prefixItems || b.prefixItems) Object.assign(result, mergedItems(a, b));
  for (const name of ["anyOf", "oneOf"]) if (a[name] && b[name]) result[name] = pairs(a[name], b[name]);
  const rest = [...(a.allOf ?? []), ...(b.allOf ?? [])];
  if (a.$ref !== undefined && b.$ref !== undefined) rest.push(keepTarget({ $ref: b.$ref }, b));
  if (rest.length) result.allOf = rest;
  if (result.$ref !== undefined) keepTarget(result, a.$ref !== undefined ? a : b);
  if (a.not !== undefined && b.not !== undefined) result.not = { anyOf: [a.not, b.not] };
  if (a.pattern !== undefined && b.pattern !== undefined && a.pattern !== b.pattern) {
    result.pattern = a.pattern;
    result.otherPatterns = [...(a.otherPatterns ?? []), ...(b.otherPatterns ?? []), b.pattern];
  }
  return result;
}

/** Both schemas, merged when they are needed: they may have references. */
export const all = (a, b) => (a === true ? b : b === true || a === b ? a : { allOf: [a, b] });

// Each branch of one list with each of the other; a schema with thousands of pairs keeps the first.
const MOST_PAIRS = 100;
const pairs = (a, b) => a.flatMap((first) => b.map((second) => all(first, second))).slice(0, MOST_PAIRS);

// The validator notes a reference's address on the schema, out of sight of `...`.
function keepTarget(result, node) {
  result.$ref = node.$ref;
  if (node.__absolute_ref__ !== undefined) Object.defineProperty(result, "__absolute_ref__", { value: node.__absolute_ref__, enumerable: false });
  return result;
}

/** A schema without some of its keywords. */
export function without(node, ...names) {
  const rest = { ...node };
  for (const name of names) delete rest[name];
  return rest.$ref === undefined ? rest : keepTarget(rest, node);
}

function commonTypes(a, b) {
  const first = [a].flat();
  const second = [b].flat();
  const has = (types, type) => types.includes(type) || (type === "integer" && types.includes("number"));
  const common = [...new Set([...first.filter((type) => has(second, type)), ...second.filter((type) => has(first, type))])];
  if (common.length === 0) throw new Impossible(`a value cannot be ${first.join(" or ")} and ${second.join(" or ")} at once`);
  return common;
}

function joined(a, b, join) {
  const result = { ...a };
  for (const [name, value] of Object.entries(b)) result[name] = name in a ? join(a[name], value) : value;
  return result;
}

// A property that only one side names has to suit the other side's patterns and additional properties too.
function mergedProperties(a, b) {
  const names = new Set([...Object.keys(a.properties ?? {}), ...Object.keys(b.properties ?? {})]);
  return Object.fromEntries([...names].map((name) => [name, all(propertySchema(a, name, true), propertySchema(b, name, true))]));
}

/** What an object's schema demands of the property `name`. What is unevaluated is known only when nothing is left to merge. */
export function propertySchema(node, name, merging = false) {
  const found = [];
  if (node.properties && Object.hasOwn(node.properties, name)) found.push(node.properties[name]);
  for (const [pattern, schema] of Object.entries(node.patternProperties ?? {})) if (new RegExp(pattern, "u").test(name)) found.push(schema);
  if (found.length === 0) return node.additionalProperties ?? (merging ? true : node.unevaluatedProperties ?? true);
  return found.reduce(all);
}

function mergedItems(a, b) {
  const length = Math.max(a.prefixItems?.length ?? 0, b.prefixItems?.length ?? 0);
  const at = (node, i) => node.prefixItems?.[i] ?? node.items ?? true;
  return {
    prefixItems: Array.from({ length }, (_, i) => all(at(a, i), at(b, i))),
    ...((a.items ?? b.items) !== undefined && { items: all(a.items ?? true, b.items ?? true) }),
  };
}

function commonMultiple(a, b) {
  const scale = 10 ** Math.max(decimals(a), decimals(b));
  const [x, y] = [Math.round(a * scale), Math.round(b * scale)];
  let [m, n] = [x, y];
  while (n) [m, n] = [n, m % n];
  return (x / m) * (y / scale);
}

/** Digits after the point. */
export function decimals(number) {
  const [digits, exponent] = String(number).split("e");
  return Math.max(0, (digits.split(".")[1]?.length ?? 0) - Number(exponent ?? 0));
}
