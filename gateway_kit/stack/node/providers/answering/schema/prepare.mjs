// Prepares a schema once: normal form, resolved references, a check of values.

import { dereference, validate } from "@cfworker/json-schema";

import { SchemaError } from "./error.mjs";
import { toJsonSchema } from "./normal.mjs";

const KEPT = 200;
const LONGEST = 1_000_000;
const prepared = new Map();

/** A schema in normal form that can check values; the newest 200 are kept. */
export function prepare(schema) {
  const text = JSON.stringify(schema);
  if (text === undefined) throw new SchemaError("The schema must be an object, true or false.");
  if (text.length > LONGEST) throw new SchemaError(`The schema is longer than ${LONGEST} characters.`);
  const known = prepared.get(text);
  if (known) return known;
  const made = new Prepared(toJsonSchema(schema));
  if (prepared.size >= KEPT) prepared.delete(prepared.keys().next().value);
  if (text.length < LONGEST / 20) prepared.set(text, made);
  return made;
}

class Prepared {
  constructor(root) {
    this.root = root;
    try {
      this.lookup = dereference(root);
    } catch (error) {
      throw new SchemaError(`The schema is not valid: ${error.message}`);
    }
    for (const node of Object.values(this.lookup)) if (node.$ref !== undefined) this.target(node);
  }

  /** The schema that a $ref leads to. */
  target(node) {
    const found = this.lookup[node.__absolute_ref__ ?? node.$ref];
    if (found === undefined) throw new SchemaError(`The schema has no definition for "$ref": ${JSON.stringify(node.$ref.slice(0, 200))}.`);
    return found;
  }

  /** Does the value fit a part of the schema? */
  fits(value, node) {
    return validate(value, node, "2020-12", this.lookup).valid;
  }

  /** What is wrong with a value, in the validator's words; undefined if nothing is. */
  problem(value) {
    const { valid, errors } = validate(value, this.root, "2020-12", this.lookup);
    return valid ? undefined : errors.map((error) => `${error.instanceLocation} ${error.error}`).at(-1);
  }
}
