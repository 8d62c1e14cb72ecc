// The latency profile of every simulated model, changeable while the simulator runs.

import { MODELS } from "./models.mjs";
import { hashText, seededRandom } from "./random.mjs";
import { InputError } from "./errors.mjs";

const LIMITS = {
  ttft_s: { min: 0, max: 120 },
  tokens_per_s: { min: 0.1, max: 100_000 },
  jitter: { min: 0, max: 0.9 },
  context_window: { min: 1, max: 10_000_000, integer: true },
};
// A dated snapshot or a tag names the same model: gpt-4o-mini-2024-07-18, phi3:latest.
const SNAPSHOT = /(-\d{4}-\d{2}-\d{2}|-\d{8}|:latest|-latest|@\d{8}|-\d{3})$/;

export class Profiles {
  constructor() {
    this.reset();
  }

  reset() {
    this.rows = MODELS.map((row) => ({ ...row }));
    this.random = new Map();
  }

  /** The model's row, or undefined if the provider does not offer it. */
  find(provider, model, kind) {
    const offered = this.rows.filter((row) => row.provider === provider && row.kind === kind);
    return offered.find((row) => row.model === model) ?? offered.find((row) => row.model === model.replace(SNAPSHOT, ""));
  }

  /** The names of a provider's models. */
  namesOf(provider) {
    return this.rows.filter((row) => row.provider === provider).map((row) => row.model);
  }

  /** Changes the matching rows and returns them. `model` "*" matches all models, no `provider` all providers. */
  change({ model, provider, ...changes }) {
    if (typeof model !== "string" || model === "") throw new InputError('Name a "model" ("*" for all of them).');
    const names = Object.keys(changes);
    if (names.length === 0) throw new InputError(`Name what to change: ${Object.keys(LIMITS).join(", ")}.`);
    for (const name of names) checkNumber(name, changes[name]);
    const rows = this.rows.filter(
      (row) => (model === "*" || row.model === model) && (provider === undefined || row.provider === provider),
    );
    if (rows.length === 0) {
      throw new InputError(`No simulated model "${model}"${provider ? ` at "${provider}"` : ""}; GET /_sim/models lists them.`);
    }
    for (const row of rows) {
      // An embedding model has no output rate.
      for (const name of names) if (!(name === "tokens_per_s" && row.kind === "embedding")) row[name] = changes[name];
    }
    return rows;
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
