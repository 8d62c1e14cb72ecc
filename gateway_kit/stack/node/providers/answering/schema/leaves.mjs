// Texts and numbers within a schema's limits.

import { fromFormat } from "./formats.mjs";
import { Impossible, TooMuch, nameOf } from "./impossible.mjs";
import { decimals } from "./merge.mjs";
import { fromPattern, safeTest } from "./patterns.mjs";

const LONGEST = 100_000;
const PATTERN_TRIES = 40;

export function makeText(generator, schema, place) {
  const { minLength = 0, maxLength = Infinity, format, pattern } = schema;
  if (minLength > maxLength) throw new Impossible(`${nameOf(place)} must have at least ${minLength} and at most ${maxLength} characters`);
  if (minLength > LONGEST) throw new TooMuch(`${nameOf(place)} must have more than 100,000 characters`);
  const limits = { ...(minLength && { minLength }), ...(maxLength !== Infinity && { maxLength }), ...(format && { format }) };
  const fits = (text) => matches(schema, text) && generator.prepared.fits(text, limits);
  const { material, random, salt } = generator;
  const made = format === undefined ? [] : fromFormat(format, random, { minLength, maxLength });
  const free = pattern === undefined && made.length === 0;
  for (const text of material.texts(place, schema, { salt, random, free })) {
    const sized = free ? resize(text, minLength, maxLength) : text;
    if (fits(sized)) return sized;
  }
  for (const text of made) if (fits(text)) return text;
  if (pattern !== undefined) return matching(generator, schema, place, fits);
  throw new Impossible(`no text was found for ${nameOf(place)}`);
}

const patternsOf = (schema) => [schema.pattern, ...(schema.otherPatterns ?? [])].filter((pattern) => pattern !== undefined);

// A pattern that the safe engine does not know is tried on texts that were made for it, and on no others.
const matches = (schema, text) => patternsOf(schema).every((pattern) => safeTest(pattern, text) ?? false);

function matching(generator, schema, place, fits) {
  const patterns = patternsOf(schema);
  const unsafe = patterns.filter((pattern) => safeTest(pattern, "") === undefined);
  const suits = (text) => (unsafe.length === 0 ? fits(text) : unsafe.every((pattern) => new RegExp(pattern, "u").test(text)) && generator.prepared.fits(text, { minLength: schema.minLength ?? 0, maxLength: schema.maxLength ?? LONGEST }));
  for (let i = 0; i < PATTERN_TRIES; i += 1) {
    const text = fromPattern(patterns[i % patterns.length], generator.random, { longest: [8, 2, 1, 20, schema.minLength ?? 60][i % 5] + 0, strange: i > 10 && i % 2 === 1 });
    const { minLength = 0, maxLength = Infinity } = schema;
    // A pattern that is not anchored allows more after it.
    for (const candidate of [text, resize(text, minLength, maxLength)]) if (suits(candidate)) return candidate;
  }
  throw new Impossible(`no text was found that matches the pattern of ${nameOf(place)}`);
}

function resize(text, minLength, maxLength) {
  const length = text.length < minLength || text.length > maxLength ? [...text].length : Math.max(minLength, 0);
  if (length > maxLength || (text.length > maxLength && [...text].length > maxLength)) return [...text].slice(0, maxLength).join("").trimEnd().padEnd(minLength, ".");
  if ([...text].length >= minLength) return text;
  const unit = text === "" ? "simulated " : `${text} `;
  const long = unit.repeat(Math.ceil(minLength / [...unit].length) + 1);
  return [...long].slice(0, minLength).join("").replace(/\s$/, ".");
}

export function makeNumber(generator, schema, place, whole) {
  const step = schema.multipleOf ?? (whole ? 1 : undefined);
  const low = Math.max(schema.minimum ?? -Infinity, schema.exclusiveMinimum ?? -Infinity);
  const high = Math.min(schema.maximum ?? Infinity, schema.exclusiveMaximum ?? Infinity);
  const fits = (value) => Number.isFinite(value) && (!whole || Number.isInteger(value)) && generator.prepared.fits(value, limitsOf(schema));
  const { material, random, salt } = generator;
  for (const value of material.numbers(place, { whole, salt, random, low, high })) if (fits(value)) return value;
  for (const value of inRange(low, high, step, whole, random, salt)) if (fits(value)) return value;
  throw new Impossible(`no number fits ${nameOf(place)}`);
}

const limitsOf = ({ minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf }) => JSON.parse(JSON.stringify({ minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf }));

// Numbers between the limits: first plain ones, then exact multiples, then whatever lies between.
function* inRange(low, high, step, whole, random, salt) {
  const from = low === -Infinity ? Math.min(1, high - 10) : low;
  const to = high === Infinity ? Math.max(from + 100, 100) : high;
  if (step !== undefined) {
    const base = whole && !Number.isInteger(step) ? wholeStep(step) : step;
    const first = Math.ceil(from / base);
    const last = Math.floor(to / base);
    const count = last - first + 1;
    const start = Math.floor(random() * Math.max(count, 1)) + salt;
    for (let i = 0; i < Math.min(count, 40); i += 1) yield times(first + ((start + i) % count), base);
    yield times(first, base);
    yield times(last, base);
    return;
  }
  for (const places of [1, 3]) yield Number((from + random() * (to - from)).toFixed(places));
  yield from + (to - from) / 2;
  yield from;
  yield to;
  yield from + (to - from) * random();
}

const times = (count, step) => Number((count * step).toFixed(Math.min(decimals(step), 100))) + 0;

// The smallest whole multiple of a step such as 0.25.
function wholeStep(step) {
  for (let count = 1; count <= 10_000; count += 1) if (Number.isInteger(times(count, step))) return times(count, step);
  return step;
}
