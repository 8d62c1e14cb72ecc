// Objects and arrays.

import { Impossible, nameOf } from "./impossible.mjs";
import { merge, propertySchema, without } from "./merge.mjs";
import { fromPattern } from "./patterns.mjs";

const TRIES = 30;
const USUAL_ENTRIES = 2;

export function makeObject(generator, schema, place) {
  const node = withDependents(generator, schema, place);
  const required = new Set(node.required);
  const most = node.maxProperties ?? Infinity;
  const least = node.minProperties ?? 0;
  const value = new Map();
  const add = (name, itsSchema) => {
    if (!nameFits(generator, node, name)) throw new Impossible(`the name "${name}" is not allowed`);
    value.set(name, generator.make(itsSchema, inside(place, name, node)));
  };
  const tryAdd = (name, itsSchema) => {
    if (value.has(name) || itsSchema === false) return;
    try {
      add(name, itsSchema);
    } catch (error) {
      if (!(error instanceof Impossible)) throw error;
    }
  };
  const names = inOrder(node);
  const wanted = names.filter((name) => required.has(name) || takes(generator, place, name, node));
  // Required ones must have room.
  let room = most - names.filter((name) => required.has(name)).length;
  if (room < 0) throw new Impossible(`${nameOf(place)} requires more properties than it allows`);
  for (const name of wanted) {
    if (required.has(name)) add(name, propertySchema(node, name));
    else if (room > 0) {
      const before = value.size;
      tryAdd(name, propertySchema(node, name));
      room -= value.size - before;
    }
  }
  for (const name of names) if (value.size < least) tryAdd(name, propertySchema(node, name));
  addFree(generator, node, value, tryAdd, place);
  if (value.size < least) throw new Impossible(`${nameOf(place)} needs ${least} properties`);
  return Object.fromEntries(value);
}

const inside = (place, name, node) => ({ name, parent: node.title ?? place.name, siblings: Object.keys(node.properties ?? {}), short: place.short, position: place.position, description: undefined });

// Optional properties are given, as models do; those of a tool only if the prompt has something for them; not where an end is needed, and not in every attempt.
const takes = (generator, place, name, node) => !place.short && (generator.material.phrases === undefined || name === undefined || generator.material.knows(inside(place, name, node), node.properties?.[name])) && (generator.attempt < 2 || (generator.attempt % 2 === 0 && generator.random() < 0.5));

function inOrder(node) {
  const names = Object.keys(node.properties ?? {});
  const order = node.propertyOrdering ?? [];
  const listed = order.filter((name) => names.includes(name));
  return [...new Set([...listed, ...names, ...(node.required ?? [])])];
}

function nameFits(generator, node, name) {
  return node.propertyNames === undefined || generator.prepared.fits(name, node.propertyNames);
}

// What a property that is present demands besides.
function withDependents(generator, schema, place) {
  let node = schema;
  const done = new Set();
  for (let more = true; more; ) {
    more = false;
    const present = new Set(node.required ?? []);
    for (const name of Object.keys(node.properties ?? {})) if (takes(generator, place, name, node)) present.add(name);
    for (const name of present) {
      if (done.has(name)) continue;
      done.add(name);
      const also = node.dependentRequired?.[name];
      if (also) { node = { ...node, required: [...new Set([...(node.required ?? []), name, ...also])] }; more = true; }
      const demand = node.dependentSchemas?.[name];
      if (demand !== undefined) { node = flat(generator, merge({ ...node, required: [...new Set([...(node.required ?? []), name])] }, demand)); more = true; }
    }
  }
  return node;
}

// References and `allOf` that came with a dependent schema.
function flat(generator, schema) {
  let node = schema;
  for (let i = 0; i < TRIES && (node.$ref !== undefined || node.allOf); i += 1) {
    node = node.allOf ? node.allOf.reduce(merge, without(node, "allOf")) : merge(generator.prepared.target(node), without(node, "$ref"));
  }
  return node;
}

// Properties with names of one's own, where the schema speaks of them or demands a number.
function addFree(generator, node, value, tryAdd, place) {
  const least = node.minProperties ?? 0;
  const speaks = (node.additionalProperties ?? true) !== true && node.additionalProperties !== false;
  const patterns = Object.keys(node.patternProperties ?? {});
  const usual = !place.short && value.size === 0 && (speaks || patterns.length) ? USUAL_ENTRIES : 0;
  const wanted = Math.min(Math.max(least, usual), node.maxProperties ?? Infinity);
  for (let i = 0; i < TRIES + wanted && value.size < wanted; i += 1) {
    const name = freeName(generator, node, patterns, i, place);
    if (nameFits(generator, node, name)) tryAdd(name, propertySchema(node, name));
  }
}

function freeName(generator, node, patterns, turn, place) {
  const rules = node.propertyNames === undefined || node.propertyNames === true ? undefined : node.propertyNames;
  if (rules && turn < TRIES) {
    generator.salt += turn;
    try {
      return String(generator.make(merge({ type: "string" }, rules), { ...place, name: "key", position: turn }));
    } catch (error) {
      if (!(error instanceof Impossible)) throw error;
    } finally {
      generator.salt -= turn;
    }
  }
  if (patterns.length && (turn % 2 === 0 || node.additionalProperties === false)) {
    const name = fromPattern(patterns[turn % patterns.length], generator.random, {});
    // A pattern without an end allows more names than it has of its own.
    return turn < patterns.length ? name : turn % 3 ? `${name}${generator.material.key(turn)}` : name;
  }
  return generator.material.key(turn);
}

export function makeArray(generator, schema, place) {
  const prefix = schema.prefixItems ?? [];
  const items = schema.items ?? schema.unevaluatedItems ?? true;
  const contained = schema.contains === undefined ? 0 : schema.minContains ?? 1;
  const least = Math.max(schema.minItems ?? 0, contained);
  const most = Math.min(schema.maxItems ?? Infinity, items === false ? prefix.length : Infinity);
  if (least > most) throw new Impossible(`${nameOf(place)} must have at least ${least} and at most ${most} items`);
  const usual = place.short || generator.attempt > 2 ? least : Math.max(prefix.length, generator.material.length(place, items));
  const length = Math.min(Math.max(least, usual), most);
  const list = [];
  const seen = schema.uniqueItems ? new Set() : undefined;
  const at = (i) => (i < prefix.length ? prefix[i] : items);
  const item = (i, itsSchema) => another(generator, itsSchema, { ...place, name: generator.material.singular(place.name), position: i, list: true }, seen);
  for (let i = 0; i < length; i += 1) {
    try {
      list.push(item(i, at(i)));
    } catch (error) {
      if (!(error instanceof Impossible) || i < least) throw error;
      break;
    }
  }
  if (contained > 0) contain(generator, list, schema.contains, contained, most, (i) => item(i, merge({ allOf: [at(i)] }, { allOf: [schema.contains] })));
  return list;
}

// Sees to it that enough items fit `contains`: the last ones change, or more are added.
function contain(generator, list, wanted, least, most, make) {
  const fits = (item) => generator.prepared.fits(item, wanted);
  let missing = least - list.filter(fits).length;
  const room = Math.min(most - list.length, missing);
  for (let i = list.length + Math.max(room, 0) - 1; missing > 0 && i >= 0; i -= 1) {
    if (i < list.length && fits(list[i])) continue;
    const position = Math.min(i, list.length);
    try {
      list[position] = make(position);
      missing -= 1;
    } catch (error) {
      if (!(error instanceof Impossible)) throw error;
    }
  }
}

// One more item, different from those before if they must differ.
function another(generator, schema, place, seen) {
  if (!seen) return generator.make(schema, place);
  const before = generator.salt;
  try {
    for (let i = 0; i < TRIES; i += 1) {
      generator.salt = before + i;
      const value = generator.make(schema, place);
      const key = canonical(value);
      if (!seen.has(key)) {
        seen.add(key);
        return value;
      }
    }
  } finally {
    generator.salt = before;
  }
  throw new Impossible(`not enough different items for ${nameOf(place)}`);
}

const canonical = (value) => JSON.stringify(value, (_, inner) => (inner !== null && typeof inner === "object" && !Array.isArray(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner));
