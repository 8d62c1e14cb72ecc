// Checks values against JSON Schemas for the trace store, with the library and the settings of Langfuse.
//
// The first line on standard output says that it is ready. Then a line on standard input is a request, and a line on
// standard output its answer:
//   {"schemas": {"input": {...}}}                             -> {"invalid": ["input"]}, [] if all of them are schemas
//   {"schemas": {"input": {...}}, "values": [{"input": 1}]}   -> {"errors": [{"input": [{path, message, keyword}]}]}
// Schemas and patterns are a client's: one may take for ever. The store ends this process then.

import { createInterface } from "node:readline";
import Ajv from "ajv";

const MAX_SCHEMA_CHARS = 10_000;
const MAX_PATH_CHARS = 1_000; // of a property's own name, which the value brings
const MAX_COMPILED = 20;
const compiled = new Map(); // by the schema's text, the latest last

function compile(schema) {
  const text = JSON.stringify(schema);
  if (text.length > MAX_SCHEMA_CHARS) throw new Error("the schema is too long");
  const known = compiled.get(text);
  // Formats are not checked: their patterns are slow on some texts.
  const validate = known ?? new Ajv({ strict: true, validateFormats: false, logger: false }).compile(schema);
  compiled.delete(text);
  compiled.set(text, validate);
  if (compiled.size > MAX_COMPILED) compiled.delete(compiled.keys().next().value);
  return validate;
}

function isSchema(schema) {
  try {
    compile(schema);
    return true;
  } catch {
    return false;
  }
}

function errorsOf(validate, value) {
  let isValid;
  try {
    isValid = validate(value);
  } catch (error) {
    // Such as a reference to itself, which never ends.
    return [{ path: "/", message: `cannot be checked: ${error.message}` }];
  }
  if (isValid instanceof Promise) isValid.catch(() => {}); // "$async" in a schema: Langfuse takes it for valid
  if (isValid) return [];
  return validate.errors.map(({ instancePath, message, keyword }) => ({
    path: (instancePath || "/").slice(0, MAX_PATH_CHARS),
    message: message || "Validation failed",
    keyword,
  }));
}

function answer({ schemas, values }) {
  if (!values) return { invalid: Object.keys(schemas).filter((name) => !isSchema(schemas[name])) };
  const checks = Object.entries(schemas).map(([name, schema]) => [name, compile(schema)]);
  const errors = values.map((value) => {
    const found = checks.map(([name, validate]) => [name, errorsOf(validate, value[name])]);
    return Object.fromEntries(found.filter(([, listed]) => listed.length));
  });
  return { errors };
}

process.stdout.write("{}\n");
for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  process.stdout.write(`${JSON.stringify(answer(JSON.parse(line)))}\n`);
}
