// Reads JSON as Google's servers do: names in camelCase and in snake_case, numbers also as texts, names of an enum in any
// case, and one value where a list is expected. What it reads is brought into one form: camelCase, lists, numbers.
//
// It walks the declared fields (../fields.mjs), whose declarations may have more here:
//   message  the name of the message's type      oneof    { name: [fields], of which at most one may be set }
//   enum     the name of the enum's type         wire     TYPE_INT64 and the like, if not the usual one of its kind
//   read     a reader of its own, (value, path, reading) → value

import { ProviderError } from "../../errors.mjs";
import { isObject } from "../shared.mjs";

const PACKAGES = { gemini: "google.ai.generativelanguage.v1beta", vertex_ai: "google.cloud.aiplatform.v1beta1" };
const MOST_NAMED = 20;
const DEEPEST = 100;

/** Reads a request in place; raises Google's 400 with all its faults. `request` names the message's type. */
export function readRequest(fields, body, { provider, request }) {
  const reading = new Reading(provider, request);
  reading.message(fields, body, "", 0);
  reading.finish();
  return body;
}

/** What is found wrong with a request while it is read. */
class Reading {
  constructor(provider, request) {
    this.provider = provider;
    this.request = request;
    this.violations = [];
    this.faults = [];
  }

  /** A value that is not of the declared form. */
  violation(path, description) {
    if (this.violations.length < MOST_NAMED) this.violations.push(path ? { field: path, description } : { description });
  }

  /** A value of the right form that the service does not take. */
  fault(path, message, vertexMessage) {
    if (this.faults.length >= MOST_NAMED) return;
    this.faults.push(this.provider === "vertex_ai" && vertexMessage ? vertexMessage : `* ${this.request}.${path}: ${message}`);
  }

  finish() {
    if (this.violations.length) {
      const details = [{ "@type": "type.googleapis.com/google.rpc.BadRequest", fieldViolations: this.violations }];
      throw new ProviderError("bad_request", { message: this.violations.map((one) => one.description).join("\n"), details });
    }
    if (this.faults.length) throw new ProviderError("bad_request", { message: `${this.faults.join("\n")}\n` });
  }

  unknown(path, name, why = "Cannot find field.") {
    this.violation(path, `Invalid JSON payload received. Unknown name ${quote(name)}${path ? ` at '${path}'` : ""}: ${why}`);
  }

  invalid(path, type, value) {
    this.violation(path, `Invalid value at '${path}' (${type}), ${quote(value)}`);
  }

  typeUrl(name) {
    return `type.googleapis.com/${PACKAGES[this.provider]}.${name}`;
  }

  message(fields, value, path, depth) {
    if (depth > DEEPEST) return this.violation(path, `Message too deep. Max recursion depth reached for key '${path}'`);
    for (const key of Object.keys(value)) {
      const name = Object.hasOwn(fields, key) ? key : camelCase(key);
      if (!Object.hasOwn(fields, name)) {
        this.unknown(path, key);
        continue;
      }
      const item = value[key];
      if (name !== key || item === null) delete value[key];
      // In Google's JSON, null means that the field is not set.
      if (item !== null) value[name] = this.field(fields[name], item, name, path, depth);
    }
    return value;
  }

  field(field, value, name, parent, depth) {
    const path = parent ? `${parent}.${snakeCase(name)}` : snakeCase(name);
    if (field.kind === "refused") {
      if (!field.unless?.(value)) this.fault(path, `${name} is not simulated: ${field.reason}`, `${path}: ${name} is not simulated: ${field.reason}`);
      return value;
    }
    if (field.kind !== "list") return this.value(field, value, name, path, parent, depth);
    const many = Array.isArray(value);
    const items = many ? value : [value];
    for (let i = 0; i < items.length; i += 1) {
      items[i] = this.value(field.item, items[i], name, many ? `${path}[${i}]` : path, parent, depth);
    }
    this.checkLength(field, items, path);
    return items;
  }

  value(field, value, name, path, parent, depth) {
    if (field.read) return field.read(value, path, this, depth);
    if (field.kind === "anything") return value;
    if (Array.isArray(value)) this.unknown(parent, name, "Proto field is not repeating, cannot start list.");
    else if (field.kind === "object" || field.kind === "record") this.object(field, value, path, depth);
    else if (isObject(value)) this.violation(path, `Invalid value at '${path}' (${wireType(field, this)}), Starting an object on a scalar field`);
    else return this.scalar(field, value, path);
    return value;
  }

  object(field, value, path, depth) {
    if (!isObject(value)) return this.invalid(path, field.message ? this.typeUrl(field.message) : "type.googleapis.com/google.protobuf.Struct", value);
    if (field.kind === "record") {
      for (const key of Object.keys(value)) value[key] = this.value(field.item, value[key], key, `${path}[${quote(key)}]`, path, depth + 1);
      return undefined;
    }
    this.message(field.fields, value, path, depth + 1);
    for (const [union, names] of Object.entries(field.oneof ?? {})) {
      const set = names.filter((name) => value[name] !== undefined);
      if (set.length > 1) this.violation(path, `Invalid value at '${path}' (oneof), oneof field '${union}' is already set. Cannot set '${set[1]}'`);
    }
    return undefined;
  }

  scalar(field, value, path) {
    const read = SCALARS[field.kind](value, field);
    if (read === undefined) this.invalid(path, wireType(field, this), value);
    else if (read === BAD_BASE64) this.violation(path, `Invalid value at '${path}' (TYPE_BYTES), Base64 decoding failed for ${quote(value)}`);
    else if (typeof read === "number") this.checkRange(field, read, path);
    return read;
  }

  checkRange({ min = -Infinity, max = Infinity, kind }, value, path) {
    if (value >= min && value <= max) return;
    const name = path.split(".").at(-1);
    const shown = (limit) => (kind === "integer" || !Number.isInteger(limit) ? String(limit) : limit.toFixed(1));
    const camel = camelCase(name);
    const upper = kind === "integer" ? `${max + 1} (exclusive)` : `${max} (inclusive)`;
    this.fault(
      path,
      max === Infinity ? `${name} must be at least ${shown(min)}` : `${name} must be in the range [${shown(min)}, ${shown(max)}]`,
      `Unable to submit request because it has a ${camel} value of ${value} but the supported range is from ${min} (inclusive) to ${upper}. Update the value and try again.`,
    );
  }

  checkLength({ min = 0, max = Infinity }, items, path) {
    if (items.length >= min && items.length <= max) return;
    const name = path.split(".").at(-1);
    this.fault(
      path, `${name} has ${items.length} entries; it must have ${items.length > max ? `at most ${max}` : `at least ${min}`}`,
      `Unable to submit request because it has ${items.length} entries in ${camelCase(name)} but the supported number is from ${min} to ${max}. Update the value and try again.`,
    );
  }
}

const BAD_BASE64 = Symbol("bad base64");
const WHOLE = /^-?\d{1,19}$/;
const NUMBER = /^-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/;

// Each gives the value in its usual form, or undefined.
const SCALARS = {
  text(value, field) {
    if (typeof value !== "string") return undefined;
    return field.wire === "TYPE_BYTES" && (value.replace(/=+$/, "").length % 4 === 1 || !BASE64.test(value)) ? BAD_BASE64 : value;
  },
  number(value) {
    const number = typeof value === "string" && NUMBER.test(value) ? Number(value) : value;
    return typeof number === "number" && Number.isFinite(number) ? number : undefined;
  },
  integer(value, field) {
    const number = typeof value === "string" && WHOLE.test(value) ? Number(value) : value;
    const most = field.wire === "TYPE_INT64" ? 2 ** 63 : 2 ** 31 - 1;
    return Number.isInteger(number) && number <= most && number >= -most - 1 ? number : undefined;
  },
  boolean(value) {
    if (value === "true" || value === "false") return value === "true";
    return typeof value === "boolean" ? value : undefined;
  },
  choice(value, field) {
    if (Number.isInteger(value)) return field.values[value];
    if (typeof value !== "string") return undefined;
    return field.values.find((one) => one === value) ?? field.values.find((one) => one.toLowerCase() === value.toLowerCase());
  },
};

const WIRE = { text: "TYPE_STRING", number: "TYPE_FLOAT", integer: "TYPE_INT32", boolean: "TYPE_BOOL" };
const wireType = (field, reading) => field.wire ?? (field.enum ? reading.typeUrl(field.enum) : WIRE[field.kind]);

const LONGEST_QUOTE = 200;

/** A value as JSON, cut where it is long. */
function quote(value) {
  const text = typeof value === "string" && value.length > LONGEST_QUOTE ? `${value.slice(0, LONGEST_QUOTE)}…` : value;
  const written = JSON.stringify(text) ?? String(text);
  return written.length > 2 * LONGEST_QUOTE ? `${written.slice(0, 2 * LONGEST_QUOTE)}…` : written;
}

const snakeNames = new Map();
const NAMES_KEPT = 1_000;

export const camelCase = (name) => (name.includes("_") ? name.replace(/_+([a-zA-Z0-9])/g, (_, letter) => letter.toUpperCase()) : name);

function snakeCase(name) {
  const known = snakeNames.get(name);
  if (known !== undefined) return known;
  const made = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  if (snakeNames.size < NAMES_KEPT) snakeNames.set(name, made);
  return made;
}
