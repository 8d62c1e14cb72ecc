// The requests that reached each provider: one row per request, the newest 10,000, never a key.

import { cut } from "./cut.mjs";

const MOST_ROWS = 10_000;
const PROMPT_CHARACTERS = 200;

export class Journal {
  constructor() {
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
    if (this.rows.length > MOST_ROWS + 1000) this.rows.splice(0, this.rows.length - MOST_ROWS);
  }

  /** Rows in the order they were added. `filters` must be equal; `since` and `after_id` are lower bounds. */
  select({ since, after_id, limit, ...filters }) {
    const names = Object.keys(filters);
    const rows = this.rows.slice(-MOST_ROWS).filter(
      (row) => (since === undefined || row.ts >= since) && (after_id === undefined || row.id > after_id)
        && names.every((name) => row[name] === filters[name]),
    );
    return limit === undefined ? rows : rows.slice(-limit);
  }
}

const shorten = (text) => (text.length <= PROMPT_CHARACTERS ? text : `${cut(text, PROMPT_CHARACTERS - 3)}...`);
