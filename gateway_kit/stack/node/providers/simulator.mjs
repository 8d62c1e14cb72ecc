// The simulated providers: turns an HTTP request into a provider's answer, after checking key, model and faults.

import { randomUUID } from "node:crypto";

import { Catalog } from "./catalog.mjs";
import { cut } from "./cut.mjs";
import { ProviderError } from "./errors.mjs";
import { Exchange, parseJson, readBody, wait } from "./exchange.mjs";
import { Faults } from "./faults.mjs";
import { Journal } from "./journal.mjs";
import { checkKey } from "./keys.mjs";
import { Latencies } from "./latencies.mjs";
import { Leases } from "./leases.mjs";
import { TextParts, readPlan } from "./plans.mjs";
import { Profiles } from "./profiles.mjs";
import { findCompatible, findRoute, likelyProvider } from "./routes.mjs";

// Objects within objects by the thousand overflow the stack, here as in most programs.
const isTooDeep = (error) => error instanceof RangeError && error.message.includes("call stack");
const TOO_DEEP = new ProviderError("bad_request", { message: "The JSON body of your request is nested too deeply." });

export class Simulator {
  /** `rehearsal`: it obeys the plans in requests' headers, and every model name is one that it has. */
  constructor({ embeddingsUrl, catalogPath, answers, rehearsal = false }) {
    this.embeddingsUrl = embeddingsUrl;
    this.rehearsal = rehearsal;
    this.profiles = new Profiles(new Catalog(catalogPath), { knowsAll: rehearsal });
    this.latencies = new Latencies();
    this.faults = new Faults();
    // What the user added to the answers (answering/own.mjs).
    this.answers = answers;
    this.journal = new Journal({ rehearsal });
    this.textParts = new TextParts();
    this.held = new Map();
    // What dialects remember between requests, by name; a reset clears it.
    this.memory = new Map();
    this.leases = new Leases({
      faults: { held: (lease) => this.faults.heldBy(lease), end: (lease) => this.faults.heldBy(lease).forEach((id) => this.removeFault(id)) },
      profiles: { held: (lease) => this.profiles.heldBy(lease), end: (lease) => this.profiles.endLease(lease) },
      latencies: { held: (lease) => this.latencies.heldBy(lease), end: (lease) => this.latencies.endLease(lease) },
      answers: { held: (lease) => this.answers.heldBy(lease), end: (lease) => this.answers.endLease(lease) },
    });
  }

  /** Answers one request to a provider and adds its row to the journal; never raises. */
  async handle(request, response, path, query, label) {
    const route = findRoute(request.method, path, request.headers) ?? (this.rehearsal ? findCompatible(request.method, path) : null);
    const exchange = new Exchange(request, response, route?.provider ?? likelyProvider(path, request.headers), path);
    exchange.note.deployment = label;
    try {
      exchange.note.request_id = (route?.idPrefix ?? "") + randomUUID().replaceAll("-", "").slice(0, 24);
      if (this.rehearsal) exchange.follow(readPlan(request.headers));
      if (!route) throw new ProviderError("unknown_path", { method: request.method, path });
      const raw = await readBody(request);
      const body = request.method === "POST" && !route.bodyless ? parseJson(raw) : {};
      // The key is checked after the body is read; otherwise the 401 would race with the upload.
      // A rehearsed deployment is known by its address; where its provider has the key is nobody's concern.
      const keyLabel = this.rehearsal && label ? label : checkKey(route.provider, request.headers, query);
      exchange.note.deployment ||= keyLabel;
      await route.operate(this, exchange, route, body, query);
    } catch (error) {
      this.fail(exchange, error);
    } finally {
      // Questions that clients ask besides their calls are no traffic.
      if (!route?.question) this.record(exchange);
    }
  }

  fail(exchange, error) {
    // A client that disconnects while sending or waiting gets no answer.
    if (exchange.signal.aborted || error.code === "ECONNRESET") return;
    // An error before the answer starts becomes the answer; a later one can only break the connection.
    const known = error instanceof ProviderError ? error : isTooDeep(error) ? TOO_DEEP : new ProviderError("server_error");
    if (known !== error && known !== TOO_DEEP) console.error(`unexpected error in ${exchange.note.route}: ${error.stack}`);
    if (exchange.response.headersSent) exchange.drop("cut");
    else exchange.refuse(known);
  }

  record({ note, started }) {
    note.latency_s = (performance.now() - started) / 1000;
    note.outcome ||= "client_left";
    this.journal.add(note);
  }

  findModel(exchange, model, kind) {
    if (typeof model !== "string" || model === "") throw new ProviderError("bad_request", { message: "you must provide a model parameter" });
    exchange.note.model = cut(model, 200);
    const row = this.profiles.find(exchange.provider, model, kind);
    if (!row) throw new ProviderError("unknown_model", { model: exchange.note.model });
    exchange.note.model = row.model;
    return row;
  }

  /**
   * An answer's times: `{ ttft_s, token_s }` to the first token and for each further one, and `total_s` if its end is
   * settled, which counts then. `part`: of the settled time, for one of several requests of a call.
   */
  pace(exchange, row, { stream, late_s, part = 1 }) {
    const pace = this.profiles.draw(row);
    const drawn = this.latencies.draw({ deployment: exchange.note.deployment, provider: row.provider, model: row.model, stream });
    if (drawn?.ttft_s !== undefined) pace.ttft_s = drawn.ttft_s;
    if (drawn?.total_s !== undefined) {
      pace.ttft_s = Math.min(pace.ttft_s, drawn.total_s);
      pace.total_s = drawn.total_s * part + late_s;
    }
    pace.ttft_s += late_s;
    return pace;
  }

  /** Applies the faults that match: returns `{ kind, cutAfter, late_s }`, or null if a fault ended the request. */
  async applyFaults(exchange, row, stream) {
    const { provider, note } = exchange;
    const { latency_s, fault } = this.faults.draw({ provider, model: row.model, deployment: note.deployment, stream });
    if (latency_s > 0) note.fault = "slow";
    if (fault) note.fault = fault.kind;
    // Node's timers may be up to a millisecond early.
    if (latency_s > 0) await wait(latency_s + 0.001, exchange.signal);
    if (fault?.kind === "rate_limit") throw new ProviderError("rate_limit", { model: row.model, retry_after_s: fault.retry_after_s });
    if (fault?.kind === "server_error") throw new ProviderError("server_error");
    if (fault?.kind === "unknown_model") throw new ProviderError("unknown_model", { model: note.model });
    if (fault?.kind === "timeout") {
      await this.hold(exchange, fault);
      return null;
    }
    // What is left can only break a stream.
    return { kind: fault?.kind, cutAfter: fault?.after_chunks ?? Infinity, late_s: latency_s };
  }

  async hold(exchange, fault) {
    const release = new AbortController();
    this.held.set(release, fault.id);
    exchange.signal.addEventListener("abort", () => release.abort(), { once: true });
    await wait(fault.hold_s, release.signal);
    this.held.delete(release);
    if (!exchange.signal.aborted) exchange.drop("no_answer");
  }

  /** Switches off this fault, or without an id all of them, and lets go of the requests that they hold; returns how many. */
  removeFault(id) {
    const removed = this.faults.remove(id);
    this.releaseHeld(id);
    return removed;
  }

  /** Releases the requests that this timeout fault holds; without an id, those of all faults. */
  releaseHeld(id) {
    for (const [release, faultId] of this.held) if (id === undefined || faultId === id) release.abort();
  }
}
