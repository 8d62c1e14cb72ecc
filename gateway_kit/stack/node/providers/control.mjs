// The control API under /_sim: faults, profiles, latencies, answers, leases, journal, models, reset. Invalid input gets 400 and the reason.

import { bankPrompts } from "./answering/index.mjs";
import { InputError } from "./errors.mjs";
import { readBody } from "./exchange.mjs";
import { describeLease } from "./leases.mjs";

const JOURNAL_TEXTS = ["provider", "model", "deployment", "route", "outcome", "fault", "source", "request_id"];
const JOURNAL_NUMBERS = ["since", "after_id", "limit", "status", "call"];
const publicRow = ({ style, snapshots, ...row }) => row;

/** Answers a request to /_sim/...; never raises. */
export async function control(simulator, request, response, path, query) {
  const answer = (status, body) => {
    const bytes = Buffer.from(JSON.stringify(body));
    response.writeHead(status, { "content-type": "application/json", "content-length": bytes.length });
    response.end(bytes);
  };
  try {
    const raw = await readBody(request);
    const handler = find(request.method, path);
    answer(200, handler(simulator, raw, query, path));
  } catch (error) {
    if (error.code === "ECONNRESET") return; // the client was killed while it sent
    if (error instanceof NotFound) answer(404, { error: error.message });
    else if (error instanceof InputError || error.kind === "too_large") answer(400, { error: error.kind ? "The body is too large." : error.message });
    else {
      console.error(`unexpected error in ${path}: ${error.stack}`);
      if (!response.headersSent) answer(500, { error: "The control API failed; the simulator's log says why." });
    }
  }
}

class NotFound extends Error {}

const HANDLERS = {
  "GET /_sim": () => ({ routes: Object.keys(HANDLERS) }),
  "GET /_sim/faults": (simulator) => ({ faults: simulator.faults.rows() }),
  "POST /_sim/faults": (simulator, raw) => simulator.faults.add(readJson(raw), simulator.leases),
  "DELETE /_sim/faults": (simulator) => ({ removed: simulator.removeFault() }),
  "DELETE /_sim/faults/ID": (simulator, _raw, query, path) => removeOne(simulator, path, query.get("lease"), (id) => simulator.removeFault(id)),
  "GET /_sim/answers": (simulator) => ({ answers: simulator.answers.rows() }),
  "POST /_sim/answers": (simulator, raw) => simulator.answers.add(readJson(raw), simulator.leases),
  "DELETE /_sim/answers": (simulator) => ({ removed: simulator.answers.remove() }),
  "DELETE /_sim/answers/ID": (simulator, _raw, query, path) => removeOne(simulator, path, query.get("lease"), (id) => simulator.answers.remove(id)),
  "GET /_sim/profiles": (simulator) => ({ profiles: simulator.profiles.rows.map(publicRow) }),
  "PATCH /_sim/profiles": changeProfiles,
  "DELETE /_sim/profiles": (simulator) => { simulator.profiles.reset(); return { reset: true }; },
  "GET /_sim/profiles/changes": (simulator) => ({ changes: simulator.profiles.changeRows() }),
  "GET /_sim/latencies": (simulator) => ({ latencies: simulator.latencies.list() }),
  "POST /_sim/latencies": setLatencies,
  "DELETE /_sim/latencies": (simulator) => ({ removed: simulator.latencies.remove() }),
  "GET /_sim/leases": (simulator) => ({ leases: simulator.leases.rows() }),
  "POST /_sim/leases/renew": (simulator, raw) => ({ holds: simulator.leases.renew(readJson(raw).client) }),
  "DELETE /_sim/leases": (simulator, _raw, query) => ({ ended: simulator.leases.end(query.get("client")) }),
  "GET /_sim/models": (simulator) => ({
    models: simulator.profiles.rows.map(({ provider, model, kind, context_window, dimensions }) => ({ provider, model, kind, context_window, dimensions })),
  }),
  "GET /_sim/prompts": () => ({ prompts: bankPrompts() }),
  "GET /_sim/journal": (simulator, _raw, query) => ({ rows: simulator.journal.select(readFilters(query)) }),
  "DELETE /_sim/journal": (simulator) => ({ cleared: simulator.journal.clear() }),
  "POST /_sim/reset": reset,
};

function find(method, path) {
  const name = path.replace(/\/+$/, "").replace(/^(\/_sim\/(?:faults|answers))\/[^/]+$/, "$1/ID");
  const handler = HANDLERS[`${method} ${name}`];
  if (!handler) throw new NotFound(`There is no ${method} ${path}; GET /_sim lists the routes.`);
  return handler;
}

function reset(simulator) {
  simulator.removeFault();
  simulator.answers.remove();
  simulator.profiles.reset();
  simulator.latencies.remove();
  simulator.journal.clear();
  simulator.memory.clear();
  return { reset: true };
}

function changeProfiles(simulator, raw) {
  const { rows, lease } = simulator.profiles.change(readJson(raw), simulator.leases);
  return { profiles: rows.map(publicRow), lease: describeLease(lease) };
}

function setLatencies(simulator, raw) {
  const lease = simulator.latencies.set(readJson(raw), simulator.leases);
  return { latencies: simulator.latencies.list(), lease: describeLease(lease) };
}

/** Removes one fault or answer. With the id of a lease, only if that is in force: a new simulator numbers them anew. */
function removeOne(simulator, path, lease, remove) {
  const id = Number(path.split("/").at(-1));
  if (!Number.isInteger(id)) throw new InputError("An id is a whole number.");
  const inForce = lease === null || simulator.leases.has(lease);
  return { removed: inForce ? remove(id) : 0, in_force: inForce };
}

function readJson(raw) {
  try {
    const value = JSON.parse(raw.toString("utf8"));
    if (value !== null && typeof value === "object" && !Array.isArray(value)) return value;
  } catch {
    // falls through to the error below
  }
  throw new InputError("The body must be a JSON object.");
}

function readFilters(query) {
  const filters = {};
  for (const [name, value] of query) {
    if (JOURNAL_NUMBERS.includes(name)) {
      const number = Number(value);
      if (value === "" || !Number.isFinite(number) || number < 0) throw new InputError(`"${name}" must be a number, not "${value}".`);
      filters[name] = number;
    } else if (JOURNAL_TEXTS.includes(name)) filters[name] = value;
    else throw new InputError(`The journal has no filter "${name}"; its filters are ${[...JOURNAL_TEXTS, ...JOURNAL_NUMBERS].join(", ")}.`);
  }
  return filters;
}
