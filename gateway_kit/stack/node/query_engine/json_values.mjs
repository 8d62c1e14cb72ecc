// Values of Json fields: strings of JSON text in GraphQL, tagged values in the JSON protocol.

import { RequestError } from './errors.mjs';
import { asJson } from './graphql.mjs';

// The Json filter's operators that take JSON; path, mode, string_contains and the like take plain values.
const JSON_OPERATORS = new Set([
  'equals', 'not', 'in', 'notIn', 'lt', 'lte', 'gt', 'gte', 'has', 'hasEvery', 'hasSome',
  'array_contains', 'array_starts_with', 'array_ends_with',
]);
const NULLS = new Set(['DbNull', 'JsonNull', 'AnyNull']);
const DEPTH_LIMIT = 127; // the engine's JSON reader panics one level deeper
const SUSPECT = /[0-9]{300}|[eE]\+?[0-9]{3}|\\u[dD][89a-fA-F]/; // what findFault looks for, roughly

const nullOf = (name) => `{"$type":"Enum","value":"${name}"}`;

/** A value to write to a Json field: JSON, a named null, or for a list `[…]`, `{ set }`, `{ push }`. */
export function jsonWrite(field, value) {
  if (!field.isList) return scalar(field, value);
  if (value.kind === 'object') {
    return `{${value.entries.map(([key, inner]) => `"${key}":${elements(field, inner)}`).join(',')}}`;
  }
  return elements(field, value);
}

/** A filter on a Json field: operators, or the value itself in a unique filter. */
export function jsonFilter(field, value) {
  if (value.kind !== 'object') return field.isList ? elements(field, value) : scalar(field, value);
  const entries = value.entries.map(([key, inner]) => {
    if (!JSON_OPERATORS.has(key)) return `"${key}":${asJson(inner)}`;
    if (inner.kind === 'object') return `"${key}":${jsonFilter(field, inner)}`;
    const isWhole = !field.isList && inner.kind !== 'list';
    return `"${key}":${isWhole ? scalar(field, inner) : elements(field, inner)}`;
  });
  return `{${entries.join(',')}}`;
}

/** A Json list, or one of its elements, which may be null. */
function elements(field, value) {
  if (value.kind === 'list') return `[${value.items.map((item) => elements(field, item)).join(',')}]`;
  return value.text === 'null' ? 'null' : scalar(field, value);
}

function scalar(field, value) {
  if (value.kind === 'string') {
    const text = JSON.parse(value.text);
    if (NULLS.has(text)) return nullOf(text);
    check(field, text);
    return `{"$type":"Json","value":${value.text}}`;
  }
  if (value.kind === 'enum' && NULLS.has(value.text)) return nullOf(value.text);
  if (value.text === 'null' && !field.isRequired) return nullOf('DbNull');
  if (value.text === 'null') {
    throw new RequestError('P2012', `Missing a required value at \`${field.name}\``, { path: field.name });
  }
  throw invalid(field, 'InvalidArgumentType', 'expected a string of JSON text');
}

const invalid = (field, kind, problem) =>
  new RequestError('P2009', `Invalid value for the Json field \`${field.name}\`: ${problem}`, {
    kind,
    argumentPath: [field.name],
  });

/** Raises RequestError for text that the engine cannot read as JSON, because the engine would panic. */
function check(field, text) {
  let problem = null;
  try {
    const value = JSON.parse(text);
    if (SUSPECT.test(text)) problem = findFault(value);
    if (text.length > DEPTH_LIMIT && depthOf(text) > DEPTH_LIMIT) problem = 'it is nested too deeply';
  } catch (error) {
    problem = error.message;
  }
  if (problem !== null) throw invalid(field, 'InvalidArgumentValue', problem);
}

function depthOf(text) {
  let depth = 0;
  let deepest = 0;
  for (const [mark] of text.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/g)) {
    if (mark === '[' || mark === '{') deepest = Math.max(deepest, (depth += 1));
    if (mark === ']' || mark === '}') depth -= 1;
  }
  return deepest;
}

/** Why the engine's JSON reader rejects this value although JavaScript's accepts it; null if it does not. */
function findFault(value) {
  if (typeof value === 'number') return Number.isFinite(value) ? null : 'it contains a number that is too large';
  if (typeof value === 'string') return value.isWellFormed() ? null : 'it contains a string with half a surrogate pair';
  if (value === null || typeof value !== 'object') return null;
  for (const [key, inner] of Object.entries(value)) {
    const fault = findFault(key) ?? findFault(inner);
    if (fault !== null) return fault;
  }
  return null;
}
