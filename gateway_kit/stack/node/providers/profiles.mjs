// The latency profile of every simulated model, changeable while the simulator runs.

import { InputError } from "./errors.mjs";
import { describeLease } from "./leases.mjs";
import { MODELS } from "./models.mjs";
import { hashText, seededRandom } from "./random.mjs";

const LIMITS = {
  ttft_s: { min: 0, max: 120 },
  tokens_per_s: { min: 0.1, max: 100_000 },
  jitter: { min: 0, max: 0.9 },
  context_window: { min: 1, max: 10_000_000, integer: true },
};
const KINDS = ["chat", "completion", "embedding"];
const MOST_ROWS = 10_000;
// A dated snapshot or a tag names the same model: gpt-4o-mini-2024-07-18, phi3:latest.
const SNAPSHOT = /(-\d{4}-\d{2}-\d{2}|-\d{8}|:latest|-latest|@\d{8}|-\d{3})$/;

export class Profiles {
  /** `catalog` has further models, which are simulated once somebody asks for them; with `knowsAll` any name is one. */
  constructor(catalog, { knowsAll = false } = {}) {
    this.catalog = catalog;
    this.knowsAll = knowsAll;
    this.reset();
  }

  reset() {
    this.initial = [...MODELS];
    this.rows = MODELS.map((row) => ({ ...row }));
    // Oldest first, at most one per row and lease; a later one is on top.
    this.changes = [];
    // The changes of all models, for models that are added later.
    this.general = [];
    this.random = new Map();
    this.apply();
  }

  /** The model's row, or undefined if the provider does not offer it. */
  find(provider, model, kind) {
    const offered = this.rows.filter((row) => row.provider === provider && row.kind === kind);
    return offered.find((row) => row.model === model || row.snapshots?.includes(model))
      ?? offered.find((row) => row.snapshots === undefined && row.model === model.replace(SNAPSHOT, ""))
      ?? this.add(this.catalog.find(provider, model, kind))
      ?? (this.knowsAll ? this.addForeign(provider, model, kind) : undefined);
  }

  // A name that the provider has for another kind of model is no new one.
  addForeign(provider, model, kind) {
    const elsewhere = KINDS.some((other) => other !== kind && (
      this.rows.some((row) => row.provider === provider && row.kind === other && row.model === model && !row.foreign)
      || this.catalog.find(provider, model, other)
    ));
    if (elsewhere || model.length > 200 || this.rows.length >= MOST_ROWS) return undefined;
    return this.add(this.catalog.foreign(provider, model, kind));
  }

  add(row) {
    if (!row) return undefined;
    this.initial.push({ ...row });
    this.rows.push(row);
    for (const { provider, changes, lease } of this.general) {
      if (provider === undefined || provider === row.provider) this.changeRow(row, changes, lease);
    }
    this.apply();
    return row;
  }

  /** The rows of a model's name, "*" for all; of one provider if it is named. */
  matching(model, provider) {
    const rows = this.rows.filter(
      (row) => (model === "*" || row.model === model) && (provider === undefined || row.provider === provider),
    );
    if (rows.length || model === "*") return rows;
    const providers = provider === undefined ? [...new Set(MODELS.map((row) => row.provider))] : [provider];
    return providers.flatMap((name) => KINDS.map((kind) => this.add(this.catalog.find(name, model, kind)))).filter(Boolean);
  }

  /** The names of a provider's models. */
  namesOf(provider) {
    return this.rows.filter((row) => row.provider === provider).map((row) => row.model);
  }

  /** Changes the matching rows; returns them and the change's lease. `model` "*" matches all models, no `provider` all providers. */
  change({ model, provider, lease: wish, ...changes }, leases) {
    if (typeof model !== "string" || model === "") throw new InputError('Name a "model" ("*" for all of them).');
    const names = Object.keys(changes);
    if (names.length === 0) throw new InputError(`Name what to change: ${Object.keys(LIMITS).join(", ")}.`);
    for (const name of names) checkNumber(name, changes[name]);
    const rows = this.matching(model, provider);
    if (rows.length === 0) {
      throw new InputError(`No simulated model "${model}"${provider ? ` at "${provider}"` : ""}; GET /_sim/models lists them.`);
    }
    const lease = leases.take(wish);
    if (model === "*") this.general.push({ provider, changes, lease });
    for (const row of rows) this.changeRow(row, changes, lease);
    this.apply();
    return { rows, lease };
  }

  changeRow(row, changes, lease) {
    const values = { ...changes };
    if (row.kind === "embedding") delete values.tokens_per_s; // it has no output rate
    if (Object.keys(values).length === 0) return;
    const earlier = this.changes.find((change) => change.row === row && change.lease === lease);
    this.changes = this.changes.filter((change) => change !== earlier);
    this.changes.push({ row, lease, values: { ...earlier?.values, ...values } });
  }

  /** Puts the changes over what the models start with. */
  apply() {
    for (const [place, row] of this.rows.entries()) Object.assign(row, this.initial[place]);
    for (const { row, values } of this.changes) Object.assign(row, values);
  }

  /** The models that a lease holds changes of. */
  heldBy(lease) {
    return this.changes.filter((change) => change.lease === lease).map(({ row }) => `${row.provider}/${row.model}`);
  }

  endLease(lease) {
    this.changes = this.changes.filter((change) => change.lease !== lease);
    this.general = this.general.filter((change) => change.lease !== lease);
    this.apply();
  }

  /** Each change of a model: what it sets, what the model starts with, and the lease or null. */
  changeRows() {
    return this.changes.map(({ row, lease, values }) => {
      const start = this.initial[this.rows.indexOf(row)];
      const initial = Object.fromEntries(Object.keys(values).map((name) => [name, start[name]]));
      return { provider: row.provider, model: row.model, values, initial, lease: describeLease(lease) };
    });
  }

  /** One request's times: seconds to the first token and seconds per further token, with the model's jitter. */
  draw(row) {
    const key = `${row.provider}/${row.model}`;
    if (!this.random.has(key)) this.random.set(key, seededRandom(hashText(key)));
    const random = this.random.get(key);
    const vary = () => 1 + row.jitter * (2 * random() - 1);
    return { ttft_s: row.ttft_s * vary(), token_s: row.tokens_per_s ? vary() / row.tokens_per_s : 0 };
  }
}

function checkNumber(name, value) {
  const limit = LIMITS[name];
  if (!limit) throw new InputError(`A profile has no "${name}"; its settings are ${Object.keys(LIMITS).join(", ")}.`);
  const number = typeof value === "number" && Number.isFinite(value);
  if (!number || value < limit.min || value > limit.max || (limit.integer && !Number.isInteger(value))) {
    throw new InputError(`"${name}" must be a${limit.integer ? " whole" : ""} number from ${limit.min} to ${limit.max}.`);
  }
}
