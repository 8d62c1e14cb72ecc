// Distributions of answer times, in place of the models' profiles: for a deployment, or for a model.
//
// A distribution is a list of seconds that do not fall, each as likely as the others. They are drawn in an order that covers
// the list evenly (spread.mjs), so that a few hundred answers already have its quantiles.

import { InputError } from "./errors.mjs";
import { PROVIDERS } from "./faults.mjs";
import { describeLease } from "./leases.mjs";
import { hashText } from "./random.mjs";
import { Spread } from "./spread.mjs";

const SCOPES = ["deployment", "provider", "model"];
const TIMES = ["whole_s", "ttft_s", "stream_s"];
const LONGEST_S = 7_200;
const MOST_TIMES = 10_001;
const MOST_ROWS = 2_000;
const SEED = { default: 7, max: 4_294_967_295 };

export class Latencies {
  constructor() {
    this.rows = [];
  }

  /** Sets these, each in place of an earlier one of the same scope; returns the lease. Raises InputError with the reason. */
  set({ latencies, seed = SEED.default, lease: wish, ...more }, leases) {
    const unknown = Object.keys(more)[0];
    if (unknown) throw new InputError(`There is no "${unknown}" beside "latencies"; there are seed and lease.`);
    if (!Array.isArray(latencies)) throw new InputError('"latencies" must be a list.');
    if (!Number.isInteger(seed) || seed < 0 || seed > SEED.max) throw new InputError(`"seed" must be a whole number from 0 to ${SEED.max}.`);
    const fresh = latencies.map(checked);
    const scopes = new Set(fresh.map(scopeOf));
    const kept = this.rows.filter((row) => !scopes.has(scopeOf(row)));
    if (kept.length + fresh.length > MOST_ROWS) throw new InputError(`At most ${MOST_ROWS} distributions can be set.`);
    const lease = leases.take(wish);
    for (const row of fresh) {
      row.lease = lease;
      row.answers = 0;
      const spread = (kind, times) => new Spread(hashText(`${seed} ${kind} ${scopeOf(row)}`), Math.max(1, times.length));
      // A round of streams is as long as the list of their ends.
      const ends = [row.stream_s, row.whole_s, row.ttft_s].find((times) => times.length);
      row.spreads = { whole: spread("whole", row.whole_s), stream: spread("stream", ends) };
    }
    this.rows = [...kept, ...fresh];
    return lease;
  }

  /** Removes all of them; returns how many. */
  remove() {
    const removed = this.rows.length;
    this.rows = [];
    return removed;
  }

  heldBy(lease) {
    return this.rows.filter((row) => row.lease === lease).map(scopeOf);
  }

  endLease(lease) {
    this.rows = this.rows.filter((row) => row.lease !== lease);
  }

  list() {
    return this.rows.map(({ spreads, lease, ...row }) => ({ ...row, lease: describeLease(lease) }));
  }

  /** The next answer's `{ ttft_s, total_s }`, each undefined if its distribution is not set; undefined if none fits. */
  draw(request) {
    const row = this.find(request);
    if (!row) return undefined;
    row.answers += 1;
    const { whole_s: whole, ttft_s: first, stream_s: end } = row;
    if (!request.stream) return { total_s: at(whole, row.spreads.whole.next()) };
    // One share for both times: who waits long for the first token waits long for the last, which is never before it.
    const share = row.spreads.stream.next();
    const total_s = at(end.length ? end : whole, share);
    const ttft_s = at(first, share);
    return { total_s, ttft_s: ttft_s !== undefined && total_s !== undefined ? Math.min(ttft_s, total_s) : ttft_s };
  }

  find(request) {
    const rank = (row) => (row.deployment !== null ? 4 : 0) + (row.model !== null ? 2 : 0) + (row.provider !== null ? 1 : 0);
    let best;
    for (const row of this.rows) {
      if (SCOPES.every((scope) => row[scope] === null || row[scope] === request[scope]) && (!best || rank(row) >= rank(best))) best = row;
    }
    return best;
  }
}

const scopeOf = (row) => SCOPES.map((scope) => row[scope] ?? "*").join("/");

// The time below which this share of the distribution lies; undefined if that is not set.
const at = (times, share) => times[Math.floor(share * times.length)];

function checked(input) {
  if (input === null || typeof input !== "object" || Array.isArray(input)) throw new InputError("A latency is a JSON object.");
  const unknown = Object.keys(input).find((name) => !SCOPES.includes(name) && !TIMES.includes(name));
  if (unknown) throw new InputError(`A latency has no "${unknown}"; it takes ${[...SCOPES, ...TIMES].join(", ")}.`);
  const row = Object.fromEntries([...SCOPES.map((name) => [name, input[name] ?? null]), ...TIMES.map((name) => [name, input[name] ?? []])]);
  for (const scope of SCOPES) checkText(scope, row[scope]);
  if (row.provider !== null && !PROVIDERS.includes(row.provider)) {
    throw new InputError(`There is no provider "${row.provider}"; the providers are ${PROVIDERS.join(", ")}.`);
  }
  for (const name of TIMES) checkTimes(name, row[name]);
  if (TIMES.every((name) => row[name].length === 0)) throw new InputError(`A latency needs one of ${TIMES.join(", ")}.`);
  // A key "sim-openai-east" and its label "openai-east" mean the same deployment.
  row.deployment = row.deployment?.replace(/^sim-/, "") ?? null;
  return row;
}

function checkText(name, value) {
  if (value === null) return;
  if (typeof value !== "string" || value === "" || value.length > 200) throw new InputError(`"${name}" must be a text of 1 to 200 characters.`);
}

function checkTimes(name, times) {
  const good = Array.isArray(times) && times.length <= MOST_TIMES
    && times.every((time, place) => typeof time === "number" && time >= (times[place - 1] ?? 0) && time <= LONGEST_S);
  if (!good) throw new InputError(`"${name}" must be a list of at most ${MOST_TIMES} numbers of seconds from 0 to ${LONGEST_S} that do not fall.`);
}
