// Values that fit a JSON schema.

import { madeUp } from "./made_up.mjs";

export class SchemaError extends Error {}

/** A value for the schema, from what the call and the known answer hold. */
export function fill(schema, { ask, answer, facts = {} }) {
  const defs = { ...schema.$defs, ...schema.definitions };
  const make = (node, name, depth) => {
    if (typeof node?.$ref === "string") return make(defs[node.$ref.split("/").at(-1)] ?? {}, name, depth + 1);
    if (facts[name] !== undefined) return facts[name];
    if (node.const !== undefined) return node.const;
    if (Array.isArray(node.enum)) return node.enum[0];
    const either = node.anyOf ?? node.oneOf;
    if (either) return make(depth > 4 ? either.at(-1) : either[0], name, depth + 1);
    const type = (Array.isArray(node.type) ? node.type[0] : node.type ?? (node.properties ? "object" : "string")).toLowerCase();
    if (type === "object") return Object.fromEntries(Object.entries(node.properties ?? {}).map(([key, value]) => [key, make(value, key, depth + 1)]));
    if (type === "array") return depth > 6 ? [] : [make(node.items ?? {}, name, depth + 1)];
    if (type === "integer" || type === "number") return node.minimum ?? 1;
    if (type === "boolean") return true;
    if (type === "null") return null;
    return facts.text ?? answer ?? madeUp(ask);
  };
  return make(schema, "", 0);
}
