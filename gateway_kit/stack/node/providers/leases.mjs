// Leases: what a client changes ends by itself once the client no longer renews it, so that nothing outlives a client
// that was killed.
//
// Each client has at most one lease. A request names it with `"lease": { "client", "lease_s", "owner" }`; `take` gives
// the lease, or null to a request that names none: what that one changes stays until it is cleared. Whatever can be
// leased keeps the lease beside the change, and is told here once: `held(lease)` lists what the lease holds, and
// `end(lease)` takes that back.

import { randomUUID } from "node:crypto";

import { InputError } from "./errors.mjs";

const LEASE_S = { default: 30, min: 0.05, max: 3600 };
const OWNER = { pid: "number", birth: "string", host: "string", program: "string" };
const MOST_LEASES = 500;
// A timer that fires so much too late tells that this process was stopped and could hear no client meanwhile.
const LATE_MS = 1_000;

export class Leases {
  /** `takers`: name → `{ held(lease), end(lease) }`. */
  constructor(takers) {
    this.takers = takers;
    this.byClient = new Map();
  }

  /** The client's lease, renewed or new; null without a wish. Raises InputError with the reason if it is invalid. */
  take(wish) {
    if (wish === undefined || wish === null) return null;
    const { client, lease_s, owner } = checked(wish);
    let lease = this.byClient.get(client);
    if (!lease) {
      if (this.byClient.size >= MOST_LEASES) throw new InputError(`${MOST_LEASES} clients have leases already.`);
      lease = { id: randomUUID(), client };
      this.byClient.set(client, lease);
    }
    lease.lease_s = lease_s;
    lease.owner = owner;
    this.watch(lease);
    return lease;
  }

  /** Begins the lease's time anew; returns what the lease holds, or null if the client has none. */
  renew(client) {
    const lease = this.byClient.get(checkedClient(client));
    if (!lease) return null;
    const holds = this.holds(lease);
    if (Object.values(holds).some((things) => things.length)) this.watch(lease);
    else this.forget(lease);
    return holds;
  }

  /** Ends the client's lease, with all that it holds; whether there was one. */
  end(client) {
    const lease = this.byClient.get(checkedClient(client));
    if (!lease) return false;
    this.forget(lease);
    for (const taker of Object.values(this.takers)) taker.end(lease);
    return true;
  }

  /** Whether the lease with this id is in force. */
  has(id) {
    return [...this.byClient.values()].some((lease) => lease.id === id);
  }

  rows() {
    return [...this.byClient.values()].map((lease) => ({ ...describeLease(lease), holds: this.holds(lease) }));
  }

  holds(lease) {
    return Object.fromEntries(Object.entries(this.takers).map(([name, taker]) => [name, taker.held(lease)]));
  }

  watch(lease) {
    clearTimeout(lease.timer);
    // Neither this clock nor timers go on while the computer sleeps, so a closed laptop ends no lease.
    lease.due = performance.now() + lease.lease_s * 1000;
    lease.timer = setTimeout(() => {
      if (performance.now() - lease.due > LATE_MS) this.watch(lease);
      else this.end(lease.client);
    }, lease.lease_s * 1000).unref();
  }

  forget(lease) {
    clearTimeout(lease.timer);
    this.byClient.delete(lease.client);
  }
}

/** A lease as the control API shows it; null for none. */
export function describeLease(lease) {
  if (lease === null) return null;
  const { id, client, lease_s, owner, due } = lease;
  return { id, client, lease_s, owner, ends_in_s: Math.max(0, (due - performance.now()) / 1000) };
}

function checked(wish) {
  if (typeof wish !== "object" || Array.isArray(wish)) throw new InputError('"lease" must be an object with a "client".');
  const { client, lease_s = LEASE_S.default, owner = null, ...more } = wish;
  const unknown = Object.keys(more)[0];
  if (unknown) throw new InputError(`A lease has no "${unknown}"; it takes client, lease_s, owner.`);
  const { min, max } = LEASE_S;
  if (typeof lease_s !== "number" || !(lease_s >= min && lease_s <= max)) {
    throw new InputError(`"lease_s" must be a number from ${min} to ${max}.`);
  }
  checkOwner(owner);
  return { client: checkedClient(client), lease_s, owner };
}

function checkedClient(client) {
  if (typeof client === "string" && client !== "" && client.length <= 200) return client;
  throw new InputError('"client" must be a text of 1 to 200 characters.');
}

function checkOwner(owner) {
  if (owner === null) return;
  const good = typeof owner === "object" && !Array.isArray(owner) && Object.entries(owner).every(
    ([name, value]) => typeof value === OWNER[name] && String(value).length <= 200,
  );
  if (!good) throw new InputError(`"owner" must be an object of ${Object.keys(OWNER).join(", ")}.`);
}
