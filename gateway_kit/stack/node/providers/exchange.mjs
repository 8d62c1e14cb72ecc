// One request and its answer: reading the body, waiting, writing, and the request's row for the journal.

import { requestIdOf } from "./dialects/anthropic/errors.mjs";
import { providerAnswer } from "./dialects/errors.mjs";
import { ProviderError } from "./errors.mjs";

const MOST_BODY_BYTES = 32 * 1024 * 1024;

/** Waits this many seconds; ends early, without an error, if the signal aborts. */
export function wait(seconds, signal) {
  if (!(seconds > 0) || signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, seconds * 1000);
    signal.addEventListener("abort", done, { once: true });
  });
}

/** The body's bytes; above 32 MB it reads and discards the rest, then raises the provider's 413. */
export async function readBody(request) {
  const parts = [];
  let size = 0;
  for await (const part of request) {
    size += part.length;
    if (size <= MOST_BODY_BYTES) parts.push(part);
  }
  if (size > MOST_BODY_BYTES) throw new ProviderError("too_large");
  return Buffer.concat(parts);
}

// Half a character, written as an escape, would come back in an answer that no client can read.
const HALF = /\\u[dD][89a-fA-F]/;

function mended(_name, value) {
  if (typeof value === "string") return value.toWellFormed();
  if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name.toWellFormed(), one]));
}

export function parseJson(bytes) {
  let body;
  try {
    const text = bytes.toString("utf8");
    body = JSON.parse(text, HALF.test(text) ? mended : undefined);
  } catch {
    throw new ProviderError("bad_request", { message: "We could not parse the JSON body of your request.", json: "unreadable" });
  }
  if (body === null || typeof body !== "object" || Array.isArray(body)) {
    throw new ProviderError("bad_request", { message: "The body of the request must be a JSON object.", json: "no_object" });
  }
  return body;
}

export class Exchange {
  constructor(request, response, provider, path) {
    this.response = response;
    this.provider = provider;
    this.started = performance.now();
    // What a rehearsal wants of the answer (plans.mjs); null for an ordinary request.
    this.plan = null;
    this.abort = new AbortController();
    this.signal = this.abort.signal;
    this.note = {
      ts: Date.now() / 1000, provider, model: "", deployment: "", call: null, route: path, stream: false, prompt: "", prompt_tokens: 0,
      completion_tokens: 0, status: null, outcome: "", fault: null, source: null, ttft_s: null, latency_s: 0, request_id: "",
    };
    response.on("close", () => {
      if (!response.writableFinished) this.abort.abort();
    });
    response.on("error", () => this.abort.abort());
  }

  follow(plan) {
    this.plan = plan;
    this.note.call = plan?.call ?? null;
  }

  elapsedS() {
    return (performance.now() - this.started) / 1000;
  }

  /** Waits until this many seconds after the request arrived. */
  async waitUntil(seconds) {
    // Again, since a timer may end a millisecond early.
    for (let rest; (rest = seconds - this.elapsedS()) > 0.0005 && !this.signal.aborted;) await wait(rest, this.signal);
  }

  json(status, body, headers = {}) {
    if (this.response.headersSent || this.response.destroyed) return;
    const bytes = Buffer.from(JSON.stringify(body));
    this.start(status, { "content-type": "application/json", ...headers, "content-length": bytes.length });
    this.response.end(bytes);
    this.note.outcome = status < 400 ? "answered" : "refused";
  }

  start(status, headers) {
    this.note.status = status;
    this.note.ttft_s = this.elapsedS();
    this.response.writeHead(status, { ...headers, ...this.ownHeaders() });
  }

  refuse(error) {
    const { status, headers, body } = providerAnswer(this.provider, error, this.note.request_id);
    this.json(status, body, headers);
  }

  /** Writes frames, waiting while the client reads slowly. */
  async write(frames) {
    for (const frame of frames) {
      if (this.signal.aborted) return;
      if (!this.response.write(frame)) await this.drained();
    }
  }

  drained() {
    return new Promise((resolve) => {
      const done = () => {
        this.response.off("drain", done);
        this.signal.removeEventListener("abort", done);
        resolve();
      };
      this.response.once("drain", done);
      this.signal.addEventListener("abort", done, { once: true });
      if (this.signal.aborted) done();
    });
  }

  /** Drops the connection mid-response, as a crashing server does. */
  drop(outcome) {
    this.note.outcome = outcome;
    this.response.destroy();
  }

  ownHeaders() {
    const { request_id: id, source } = this.note;
    // No answer may pass for a real one, whatever its text.
    const simulated = source ? { "x-simulated": source } : {};
    return { ...simulated, ...(id ? this.requestId(id) : {}) };
  }

  requestId(id) {
    if (this.provider === "bedrock") return { "x-amzn-requestid": id };
    if (this.provider === "anthropic") return { "request-id": requestIdOf(id) };
    return this.provider === "openai" || this.provider === "azure" ? { "x-request-id": id } : {};
  }
}
