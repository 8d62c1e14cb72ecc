// Builds a value for a schema, from the top down. Leaves come from leaves.mjs; whether the whole fits is checked after.

import { Impossible, TooMuch, nameOf } from "./impossible.mjs";
import { makeArray, makeObject } from "./containers.mjs";
import { makeNumber, makeText } from "./leaves.mjs";
import { merge, without } from "./merge.mjs";

const MOST_STEPS = 20_000;
// A reference that leads to itself: from this depth on as little as possible, from that on nothing.
const SHORT_FROM = 2;
const NEVER_BEYOND = 8;
const TRIES = 6;

/** One attempt at a value. Later attempts (`attempt` 1, 2, …) leave out more and choose other branches. */
export class Generator {
  constructor(prepared, material, random, attempt) {
    Object.assign(this, { prepared, material, random, attempt, steps: 0, depths: new Map(), salt: 0 });
  }

  make(schema, place) {
    this.steps += 1;
    if (this.steps > MOST_STEPS) throw new TooMuch("an answer would have more than 20,000 values");
    if (schema === false) throw new Impossible(`${nameOf(place)} allows no value`);
    if (schema === true) return this.typed({}, place);
    if (schema.$ref !== undefined) return this.follow(schema, place);
    if (schema.allOf) return this.make(schema.allOf.reduce(merge, without(schema, "allOf")), place);
    for (const keyword of ["oneOf", "anyOf"]) if (schema[keyword]) return this.choose(schema, keyword, place);
    if (schema.if !== undefined) return this.branch(schema, place);
    if (schema.not === undefined) return this.typed(schema, place);
    return this.insist(schema, place, () => this.typed(schema, place));
  }

  follow(schema, place) {
    const target = this.prepared.target(schema);
    const depth = (this.depths.get(target) ?? 0) + 1;
    if (depth > NEVER_BEYOND) throw new Impossible("a reference leads to itself without end");
    this.depths.set(target, depth);
    try {
      return this.make(merge(target, without(schema, "$ref", "__absolute_ref__")), { ...place, short: place.short || depth > SHORT_FROM });
    } finally {
      this.depths.set(target, depth - 1);
    }
  }

  choose(schema, keyword, place) {
    const rest = without(schema, keyword);
    const branches = this.ordered(schema[keyword], place);
    const before = this.salt;
    // What varies within the branch has a turn of its own.
    this.salt = Math.floor(before / branches.length);
    let why;
    try {
      for (const branch of branches) {
        try {
          const make = () => this.make(merge(rest, branch), place);
          return keyword === "oneOf" ? this.insist(schema, place, make) : make();
        } catch (error) {
          if (!(error instanceof Impossible)) throw error;
          why = error;
        }
      }
    } finally {
      this.salt = before;
    }
    throw why;
  }

  // The branch that the prompt speaks of first; null and references last or, where an end is needed, first.
  ordered(branches, place) {
    const isNull = (branch) => branch.type === "null" || branch.const === null;
    const score = (branch) => {
      if (isNull(branch)) return place.short ? 10 : -10;
      if (place.short && JSON.stringify(branch).includes('"$ref"')) return -5;
      return this.material.mentions(branch.$ref === undefined ? branch : this.prepared.target(branch));
    };
    const sorted = branches.map((branch, index) => ({ branch, index, score: score(branch) })).sort((a, b) => b.score - a.score || a.index - b.index);
    const turn = (this.attempt + this.salt) % branches.length;
    return [...sorted.slice(turn), ...sorted.slice(0, turn)].map(({ branch }) => branch);
  }

  branch(schema, place) {
    const rest = without(schema, "if", "then", "else");
    const ways = [() => merge(merge(rest, schema.if), schema.then ?? true), () => merge(rest, schema.else ?? true)];
    let why;
    for (const way of this.attempt % 2 ? ways.reverse() : ways) {
      try {
        return this.insist(schema, place, () => this.make(way(), place));
      } catch (error) {
        if (!(error instanceof Impossible)) throw error;
        why = error;
      }
    }
    throw why;
  }

  // Tries until the value fits what cannot be built in: `not`, `oneOf`, `if`.
  insist(schema, place, make) {
    const before = this.salt;
    try {
      for (let i = 0; i < TRIES; i += 1) {
        this.salt = before + i;
        const value = make();
        if (this.prepared.fits(value, schema)) return value;
      }
    } finally {
      this.salt = before;
    }
    throw new Impossible(`no value was found for ${nameOf(place)}`);
  }

  typed(schema, place) {
    if ("const" in schema) return this.fitting([schema.const], schema, place);
    if (schema.enum) return this.fitting(this.material.order(schema.enum, this.random, this.salt, place), schema, place);
    const types = this.types(schema, place);
    const before = this.salt;
    // As in `choose`.
    this.salt = Math.floor(before / types.length);
    let why;
    try {
      for (const type of types) {
        try {
          return this.ofType(type, schema, place);
        } catch (error) {
          if (!(error instanceof Impossible)) throw error;
          why = error;
        }
      }
    } finally {
      this.salt = before;
    }
    throw why;
  }

  fitting(values, schema, place) {
    const rest = without(schema, "not");
    for (const value of values) if (this.prepared.fits(value, rest)) return value;
    throw new Impossible(`none of the values of ${nameOf(place)} fits`);
  }

  // The types in the order to try them.
  types(schema, place) {
    if (typeof schema.type === "string") return [schema.type];
    if (schema.type) return [...schema.type].sort((a, b) => (a === "null") - (b === "null")).map((_, i, list) => list[(i + this.salt) % list.length]);
    const has = (...names) => names.some((name) => schema[name] !== undefined);
    if (has("properties", "required", "patternProperties", "additionalProperties", "minProperties", "propertyNames", "dependentRequired")) return ["object"];
    if (has("items", "prefixItems", "minItems", "contains", "uniqueItems")) return ["array"];
    if (has("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")) return ["number"];
    const free = place.name === "" && !has("pattern", "format", "minLength", "maxLength") ? ["object", "string"] : ["string"];
    return [...free, "integer", "boolean", "null", "array", "object"].map((_, i, list) => list[(i + this.salt) % list.length]);
  }

  ofType(type, schema, place) {
    if (type === "object") return makeObject(this, schema, place);
    if (type === "array") return makeArray(this, schema, place);
    if (type === "string") return makeText(this, schema, place);
    if (type === "boolean") return this.material.flag(place, this.salt);
    if (type === "null") return null;
    return makeNumber(this, schema, place, type === "integer");
  }
}
