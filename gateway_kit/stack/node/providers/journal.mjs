// The requests that reached each provider: one row per request, the newest of them, never a key.

import { cut } from "./cut.mjs";

// A rehearsal's journal is read once a second and must not have lost a row by then, whatever held the reader up.
const MOST_ROWS = { usual: 10_000, rehearsal: 50_000 };
const PROMPT_CHARACTERS = 200;

export class Journal {
  constructor({ rehearsal = false } = {}) {
    this.most = rehearsal ? MOST_ROWS.rehearsal : MOST_ROWS.usual;
    this.clear();
    this.nextId = 1;
  }

  clear() {
    const dropped = this.rows?.length ?? 0;
    this.rows = [];
    return dropped;
  }

  add(row) {
    this.rows.push({ id: this.nextId, ...row, prompt: shorten(row.prompt) });
    this.nextId += 1;
    // Dropping many at once keeps each request's cost constant.
    if (this.rows.length > this.most + 1000) this.rows.splice(0, this.rows.length - this.most);
  }

  /** Rows in the order they were added. `filters` must be equal; `since` and `after_id` are lower bounds. */
  select({ since, after_id, limit, ...filters }) {
    const names = Object.keys(filters);
    // Ids go up by one, so the first row after one is found without looking.
    const first = Math.max(0, this.rows.length - this.most, after_id === undefined ? 0 : this.rows.length - (this.nextId - 1 - after_id));
    const rows = this.rows.slice(first).filter((row) => (since === undefined || row.ts >= since) && names.every((name) => row[name] === filters[name]));
    return limit === undefined ? rows : rows.slice(-limit);
  }
}

const shorten = (text) => (text.length <= PROMPT_CHARACTERS ? text : `${cut(text, PROMPT_CHARACTERS - 3)}...`);
