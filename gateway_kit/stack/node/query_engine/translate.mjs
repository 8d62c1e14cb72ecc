// Translates a GraphQL operation into Prisma's JSON protocol, as text.
//
// The two differ in names (findUniqueUser → action findUnique on model User) and in Json values: GraphQL
// clients send them as strings, while the JSON protocol needs {"$type":"Json","value":"…"}; otherwise the
// database would store a string that contains JSON. The model's fields tell which strings are Json values.

import { asJson, readOperation } from './graphql.mjs';
import { RequestError } from './errors.mjs';
import { jsonFilter, jsonWrite } from './json_values.mjs';

const ACTIONS = [
  ['findUnique', ''], ['findUnique', 'OrThrow'], ['findFirst', ''], ['findFirst', 'OrThrow'], ['findMany', ''],
  ['createOne', ''], ['createMany', ''], ['createMany', 'AndReturn'], ['updateOne', ''], ['updateMany', ''],
  ['upsertOne', ''], ['deleteOne', ''], ['deleteMany', ''], ['aggregate', ''], ['groupBy', ''],
];
const RAW_ACTIONS = ['queryRaw', 'executeRaw'];
const WRITES = new Set(['data', 'create', 'update']);
const FILTERS = new Set(['where', 'cursor', 'having']);
const RELATION_FILTERS = new Set(['is', 'isNot', 'some', 'every', 'none']);

/** A translator for one schema's models: `translate(source)` → `{ text, alias, isRaw }`.
 *
 * `text` is the JSON query, `alias` the root field's name in the answer. Raises RequestError.
 */
export function makeTranslator(models) {
  const operations = new Map(RAW_ACTIONS.map((action) => [action, { action, model: null, fields: null }]));
  for (const [model, fields] of models) {
    for (const [action, ending] of ACTIONS) {
      operations.set(`${action}${model}${ending}`, { action: action + ending, model, fields });
    }
  }
  return (source) => {
    const roots = readOperation(source);
    if (roots.length !== 1) throw new RequestError('P2009', 'An operation must have exactly one root field.');
    const [{ alias, name, args, selection }] = roots;
    const operation = operations.get(name);
    if (!operation) {
      // The engine would panic on an unknown action.
      throw new RequestError('P2009', `Field '${name}' not found in enclosing type 'Query' or 'Mutation'`, {
        kind: 'UnknownSelectionField',
        selectionPath: [name],
      });
    }
    const { action, model, fields } = operation;
    if (model === null) checkParameters(args);
    const head = model === null ? '' : `"modelName":"${model}",`;
    const query = body(fields, args, selection);
    return { text: `{${head}"action":"${action}","query":${query}}`, alias: alias ?? name, isRaw: model === null };
  };
}

/** Raises RequestError if raw parameters are not JSON (a client's NaN is not): the engine would panic. */
function checkParameters(args) {
  const parameters = args.find(([key]) => key === 'parameters')?.[1];
  if (parameters?.kind !== 'string') return;
  try {
    JSON.parse(JSON.parse(parameters.text));
  } catch (error) {
    throw new RequestError('P2009', `The parameters of the raw query are not valid JSON: ${error.message}`, {
      kind: 'InvalidArgumentValue',
    });
  }
}

const object = (entries, write) => `{${entries.map(([key, value]) => `"${key}":${write(key, value)}`).join(',')}}`;
const list = (items, write) => `[${items.map((item) => write(item)).join(',')}]`;

function body(fields, args, selection) {
  const inner = (selection ?? []).map((field) => {
    if (field.args.length === 0 && field.selection === null) return `"${field.name}":true`;
    return `"${field.name}":${body(fields?.get(field.name)?.relation ?? null, field.args, field.selection)}`;
  });
  return `{"arguments":${object(args, (key, value) => argument(fields, key, value))},"selection":{${inner.join(',')}}}`;
}

function argument(fields, key, value) {
  if (fields !== null && WRITES.has(key)) return write(fields, value);
  if (fields !== null && FILTERS.has(key)) return filter(fields, value);
  return asJson(value);
}

/** Translates `where`, `cursor` or `having`: fields, AND/OR/NOT and names of compound keys. */
function filter(fields, value) {
  if (value.kind === 'list') return list(value.items, (item) => filter(fields, item));
  if (value.kind !== 'object') return asJson(value);
  return object(value.entries, (key, inner) => {
    const field = fields.get(key);
    if (!field) return filter(fields, inner);
    if (field.relation) return relationFilter(field.relation, inner);
    return field.isJson ? jsonFilter(field, inner) : asJson(inner);
  });
}

/** Translates `{ is: … }`, `{ some: … }` or, for a to-one relation, the related model's filter. */
function relationFilter(fields, value) {
  if (value.kind !== 'object') return asJson(value);
  const isWrapped = value.entries.every(([key]) => RELATION_FILTERS.has(key) && !fields.has(key));
  return isWrapped ? object(value.entries, (_, inner) => filter(fields, inner)) : filter(fields, value);
}

/** Translates `data`, `create` or `update`: a record, or a list of records. */
function write(fields, value) {
  if (value.kind === 'list') return list(value.items, (item) => write(fields, item));
  if (value.kind !== 'object') return asJson(value);
  return object(value.entries, (key, inner) => {
    const field = fields.get(key);
    if (field?.relation) return relationWrite(field, inner);
    return field?.isJson ? jsonWrite(field, inner) : asJson(inner);
  });
}

const RELATION_WRITES = {
  create: write,
  createMany: parts,
  connectOrCreate: parts,
  upsert: parts,
  updateMany: parts,
  connect: filter,
  disconnect: filter,
  set: filter,
  delete: filter,
  deleteMany: filter,
};

function relationWrite(field, value) {
  if (value.kind !== 'object') return asJson(value);
  const fields = field.relation;
  return object(value.entries, (key, inner) => {
    if (key === 'update') return nestedUpdate(field, inner);
    return RELATION_WRITES[key] ? RELATION_WRITES[key](fields, inner) : asJson(inner);
  });
}

/** Translates `{ where, data }` and the like, each part by its name. */
function parts(fields, value) {
  if (value.kind === 'list') return list(value.items, (item) => parts(fields, item));
  if (value.kind !== 'object') return asJson(value);
  return object(value.entries, (key, inner) => argument(fields, key, inner));
}

/** Translates a relation's update; a to-one relation's may be the record instead of `{ where, data }`. */
function nestedUpdate(field, value) {
  if (value.kind === 'list') return list(value.items, (item) => nestedUpdate(field, item));
  if (value.kind !== 'object') return asJson(value);
  const keys = value.entries.map(([key]) => key);
  const isWrapped = keys.includes('data') && keys.every((key) => key === 'data' || key === 'where');
  if (field.isList || (isWrapped && !field.relation.has('data'))) return parts(field.relation, value);
  return write(field.relation, value);
}
