// How Ollama, a Go program, words a request that it cannot read.

import { ProviderError } from "../../errors.mjs";

/** Ollama's error; most are a 400. */
export const invalid = (message, status) => new ProviderError("bad_request", { message, status });

const GO_TYPES = { text: "string", choice: "string", boolean: "bool", integer: "int", number: "float64", list: "[]string", object: "struct", record: "map[string]interface {}" };

function found(value) {
  if (Array.isArray(value)) return "array";
  return { string: "string", number: "number", boolean: "bool" }[typeof value] ?? "object";
}

/** The wording for requests that Go reads into this type, such as ChatRequest. */
export function wordsOf(type) {
  const place = (path) => {
    const names = path.filter((step) => typeof step === "string");
    // A message is read by itself, under a name of its own.
    return names[0] === "messages" && names.length > 1 ? `Alias.${names.slice(1).join(".")}` : `${type}.${names.join(".")}`;
  };
  const cannot = (path, value, go, shown = found(value)) => invalid(`json: cannot unmarshal ${shown} into Go struct field ${place(path)} of type ${go}`);
  return {
    type(path, _expected, value, field) {
      if (field.fault) return invalid(field.fault(value));
      if (field.kind === "integer" && typeof value === "number") return cannot(path, value, "int", `number ${value}`);
      return cannot(path, value, field.go ?? GO_TYPES[field.kind]);
    },
    range: (path, { min, max }) => invalid(`${path.at(-1)} must be between ${min} and ${max}`),
    choice: (_path, _values, value, field) => invalid(field.fault(value)),
    unsupported: (path, reason) => invalid(`${path.join(".")}: ${reason}`),
    // Go passes over what it does not know, and takes its empty value for what is missing.
    unknown: () => null,
    missing: (path) => invalid(`${path.at(-1)} is required`),
  };
}
