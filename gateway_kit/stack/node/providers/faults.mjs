// Faults that can be switched on and off while the simulator runs.

import { MODELS } from "./models.mjs";
import { InputError } from "./errors.mjs";
import { describeLease } from "./leases.mjs";
import { seededRandom } from "./random.mjs";

export const KINDS = {
  rate_limit: { retry_after_s: 1 }, // 429 with Retry-After
  server_error: {}, // 500
  unknown_model: {}, // what the provider answers to a model that it does not have, or no longer
  timeout: { hold_s: 60 }, // no answer for hold_s seconds, then the connection drops
  slow: { latency_s: 2 }, // answers latency_s seconds later
  cut_stream: { after_chunks: 3 }, // drops a stream's connection after this many chunks; ignores other requests
  stream_error: { after_chunks: 3 }, // the provider's error within a stream after this many chunks; ignores other requests
};
const OF_STREAMS = new Set(["cut_stream", "stream_error"]);
const NUMBERS = {
  retry_after_s: { min: 0, max: 3600, integer: true },
  hold_s: { min: 0, max: 3600 },
  latency_s: { min: 0, max: 600 },
  after_chunks: { min: 0, max: 100_000, integer: true },
  probability: { min: 0, max: 1 },
  count: { min: 1, max: 1_000_000, integer: true },
  seconds: { min: 0.001, max: 86_400 },
  seed: { min: 0, max: 4_294_967_295, integer: true },
};
const SCOPES = ["provider", "model", "deployment"];
export const PROVIDERS = [...new Set(MODELS.map((row) => row.provider))];
const MOST_FAULTS = 200;

export class Faults {
  constructor() {
    this.list = [];
    this.nextId = 1;
  }

  /** Switches a fault on and returns it. Raises InputError with the reason if the input is invalid. */
  add({ lease, ...input }, leases) {
    const fault = { ...checked(input), id: this.nextId, hits: 0, created: Date.now() };
    if (this.active().length >= MOST_FAULTS) throw new InputError(`${MOST_FAULTS} faults are on already; DELETE /_sim/faults clears them.`);
    fault.lease = leases.take(lease);
    this.nextId += 1;
    fault.random = seededRandom(fault.seed ?? fault.id);
    this.list.push(fault);
    return describe(fault);
  }

  /** Switches off one fault by its id, or all of them without an id; returns how many. */
  remove(id) {
    const before = this.active().length;
    this.list = id === undefined ? [] : this.list.filter((fault) => fault.id !== id);
    return before - this.active().length;
  }

  /** The ids of the faults that a lease holds. */
  heldBy(lease) {
    return this.active().filter((fault) => fault.lease === lease).map((fault) => fault.id);
  }

  rows() {
    return this.active().map(describe);
  }

  has(id) {
    return this.active().some((fault) => fault.id === id);
  }

  /** The faults that apply to this request: extra seconds, and at most one further fault. */
  draw(request) {
    let latency_s = 0;
    let struck = null;
    for (const fault of this.active()) {
      if (!matches(fault, request) || (struck && fault.kind !== "slow")) continue;
      if (OF_STREAMS.has(fault.kind) && !request.stream) continue;
      if (fault.probability !== null && fault.random() >= fault.probability) continue;
      fault.hits += 1;
      if (fault.kind === "slow") latency_s += fault.latency_s;
      else struck = fault;
    }
    return { latency_s, fault: struck };
  }

  active() {
    const now = Date.now();
    this.list = this.list.filter((fault) => !isOver(fault, now));
    return this.list;
  }
}

const isOver = (fault, now) =>
  (fault.count !== null && fault.hits >= fault.count) || (fault.seconds !== null && now - fault.created >= fault.seconds * 1000);

const matches = (fault, request) => SCOPES.every((scope) => fault[scope] === null || fault[scope] === request[scope]);

function checked(input) {
  if (input === null || typeof input !== "object" || Array.isArray(input)) throw new InputError("A fault is a JSON object with a \"kind\".");
  const { kind } = input;
  if (!Object.hasOwn(KINDS, kind ?? "")) throw new InputError(`"kind" must be one of ${Object.keys(KINDS).join(", ")}.`);
  const own = Object.keys(KINDS[kind]);
  const known = ["kind", ...SCOPES, ...own, "probability", "count", "seconds", "seed"];
  const unknown = Object.keys(input).find((name) => !known.includes(name));
  if (unknown) throw new InputError(`A ${kind} fault has no "${unknown}"; it takes ${[...known.slice(1), "lease"].join(", ")}.`);
  for (const scope of SCOPES) checkText(scope, input[scope]);
  if (input.provider != null && !PROVIDERS.includes(input.provider)) {
    throw new InputError(`There is no provider "${input.provider}"; the providers are ${PROVIDERS.join(", ")}.`);
  }
  for (const name of Object.keys(input)) if (NUMBERS[name] && input[name] !== null) checkNumber(name, input[name]);
  const fault = { kind, provider: null, model: null, deployment: null, probability: null, count: null, seconds: null, ...KINDS[kind] };
  for (const [name, value] of Object.entries(input)) if (value !== null) fault[name] = value;
  // A key "sim-openai-east" and its label "openai-east" mean the same deployment.
  if (fault.deployment) fault.deployment = fault.deployment.replace(/^sim-/, "");
  return fault;
}

function checkText(name, value) {
  if (value === undefined || value === null) return;
  if (typeof value !== "string" || value === "" || value.length > 200) throw new InputError(`"${name}" must be a text of 1 to 200 characters.`);
}

function checkNumber(name, value) {
  const { min, max, integer } = NUMBERS[name];
  const good = typeof value === "number" && Number.isFinite(value) && value >= min && value <= max && (!integer || Number.isInteger(value));
  if (!good) throw new InputError(`"${name}" must be a${integer ? " whole" : ""} number from ${min} to ${max}.`);
}

function describe({ random, created, lease, ...fault }) {
  return {
    ...fault,
    lease: describeLease(lease),
    remaining: fault.count === null ? null : fault.count - fault.hits,
    expires_in_s: fault.seconds === null ? null : Math.max(0, fault.seconds - (Date.now() - created) / 1000),
  };
}
