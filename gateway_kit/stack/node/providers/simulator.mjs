// The simulated providers: turns an HTTP request into a provider's answer, after checking key, model and faults.

import { randomUUID } from "node:crypto";

import { knownAnswer } from "./answering/index.mjs";
import { replyTokens, stream, whole } from "./delivery.mjs";
import { FORMS, countTexts, resize, widthFor } from "./embeddings.mjs";
import { ProviderError } from "./errors.mjs";
import { Exchange, parseJson, readBody, wait } from "./exchange.mjs";
import { Faults } from "./faults.mjs";
import { Journal } from "./journal.mjs";
import { checkKey } from "./keys.mjs";
import { Profiles } from "./profiles.mjs";
import { readResponses, writeResponses } from "./responses.mjs";
import { findRoute, likelyProvider } from "./routes.mjs";
import { countPromptTokens, countTokens, splitTokens } from "./tokens.mjs";
import * as upstream from "./upstream.mjs";

// Questions about a model that clients ask besides their calls; they are no traffic and stay out of the journal.
const QUESTIONS = ["show", "count_tokens"];
const ID_PREFIX = { openai: "chatcmpl-", azure: "chatcmpl-", anthropic: "msg_", bedrock: "", vertex_ai: "", gemini: "", ollama: "" };

export class Simulator {
  constructor({ chatModelUrl, embeddingsUrl }) {
    this.chatModelUrl = chatModelUrl;
    this.embeddingsUrl = embeddingsUrl;
    this.profiles = new Profiles();
    this.faults = new Faults();
    this.journal = new Journal();
    this.held = new Map();
  }

  /** Answers one request to a provider and adds its row to the journal; never raises. */
  async handle(request, response, path, query, label) {
    const route = request.method === "POST" ? findRoute(path) : null;
    const exchange = new Exchange(request, response, route?.provider ?? likelyProvider(path), path);
    exchange.note.deployment = label;
    try {
      if (!route) throw new ProviderError("unknown_path", { method: request.method, path });
      exchange.note.request_id = ID_PREFIX[route.provider] + randomUUID().replaceAll("-", "").slice(0, 24);
      const raw = await readBody(request);
      const body = parseJson(raw);
      // The key is checked after the body is read; otherwise the 401 would race with the upload.
      const keyLabel = checkKey(route.provider, request.headers, query);
      exchange.note.deployment ||= keyLabel;
      await this[route.operation](exchange, route, body, { request, raw });
    } catch (error) {
      this.fail(exchange, error);
    } finally {
      if (!QUESTIONS.includes(route?.operation)) this.record(exchange);
    }
  }

  fail(exchange, error) {
    // A client that disconnects while sending or waiting gets no answer.
    if (exchange.signal.aborted || error.code === "ECONNRESET") return;
    // An error before the answer starts becomes the answer; a later one can only break the connection.
    const known = error instanceof ProviderError ? error : new ProviderError("server_error");
    if (known !== error) console.error(`unexpected error in ${exchange.note.route}: ${error.stack}`);
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
    exchange.note.model = model.slice(0, 200);
    const row = this.profiles.find(exchange.provider, model, kind);
    if (!row) throw new ProviderError("unknown_model", { model: exchange.note.model });
    exchange.note.model = row.model;
    return row;
  }

  /** Applies the faults that match: returns `{ cutAfter, late_s }`, or null if a fault ended the request. */
  async applyFaults(exchange, row, stream) {
    const { provider, note } = exchange;
    const { latency_s, fault } = this.faults.draw({ provider, model: row.model, deployment: note.deployment, stream });
    if (latency_s > 0) note.fault = "slow";
    if (fault) note.fault = fault.kind;
    await wait(latency_s, exchange.signal);
    if (fault?.kind === "rate_limit") throw new ProviderError("rate_limit", { model: row.model, retry_after_s: fault.retry_after_s });
    if (fault?.kind === "server_error") throw new ProviderError("server_error");
    if (fault?.kind === "timeout") {
      await this.hold(exchange, fault);
      return null;
    }
    return { cutAfter: fault?.kind === "cut_stream" ? fault.after_chunks : Infinity, late_s: latency_s };
  }

  async hold(exchange, fault) {
    const release = new AbortController();
    this.held.set(release, fault.id);
    exchange.signal.addEventListener("abort", () => release.abort(), { once: true });
    await wait(fault.hold_s, release.signal);
    this.held.delete(release);
    if (!exchange.signal.aborted) exchange.drop("no_answer");
  }

  /** Releases the requests that this timeout fault holds; without an id, those of all faults. */
  releaseHeld(id) {
    for (const [release, faultId] of this.held) if (id === undefined || faultId === id) release.abort();
  }

  async chat(exchange, route, body) {
    const call = route.dialect.read(body, route);
    const prepared = await this.beginChat(exchange, call);
    if (!prepared) return;
    const { pace, reply, words, cutAfter } = prepared;
    const context = newContext(exchange, call, route);
    if (call.stream) await stream(exchange, route.dialect, context, words, reply, pace, cutAfter);
    else await whole(exchange, route.dialect, context, words, reply, pace);
  }

  async responses(exchange, _route, body, { request, raw }) {
    const call = readResponses(body);
    const prepared = await this.beginChat(exchange, call);
    if (!prepared) return;
    const { pace, reply, words, cutAfter } = prepared;
    for await (const _piece of words); // speak() gathers the text in reply
    const tokens = replyTokens(reply);
    exchange.note.completion_tokens = tokens;
    if (!call.stream) await exchange.waitUntil(pace.ttft_s + tokens * pace.token_s);
    const usage = { input_tokens: exchange.note.prompt_tokens, output_tokens: tokens };
    await writeResponses(request, exchange, raw.toString("utf8"), reply, usage, pace, cutAfter);
  }

  /** Everything before the first word of an answer; null if a fault ended the request. */
  async beginChat(exchange, call) {
    const { note } = exchange;
    note.stream = call.stream;
    note.prompt = call.messages.at(-1).text;
    const row = this.findModel(exchange, call.model, "chat");
    note.prompt_tokens = countPromptTokens(call.messages, call.tools);
    const effect = await this.applyFaults(exchange, row, call.stream);
    if (!effect) return null;
    if (note.prompt_tokens > row.context_window) {
      throw new ProviderError("context", { tokens: note.prompt_tokens, limit: row.context_window, model: row.model });
    }
    const known = knownAnswer(call, row.style);
    note.source = known ? "bank" : "chat_model";
    const pace = this.profiles.draw(row);
    pace.ttft_s += effect.late_s;
    const reply = { text: "", textTokens: 0, toolCalls: known?.toolCalls ?? [], finish: "stop" };
    return { pace, reply, words: this.speak(call, known, reply, exchange.signal), cutAfter: effect.cutAfter };
  }

  /** The answer's text, one token at a time, within the request's limit; sets reply.finish. */
  async *speak(call, known, reply, signal) {
    const limit = call.maxTokens ?? Infinity;
    if (reply.toolCalls.length) reply.finish = "tool_calls";
    const source = known ? [cutAtStop(known.text, call.stop)] : upstream.chat(this.chatModelUrl, call, signal);
    for await (const text of source) {
      for (const piece of splitTokens(text)) {
        if (reply.textTokens >= limit) {
          reply.finish = "length";
          return;
        }
        reply.textTokens += 1;
        reply.text += piece;
        yield piece;
      }
    }
  }

  async embeddings(exchange, route, body) {
    const form = FORMS[route.form];
    const parsed = form.read(body);
    const { note } = exchange;
    note.prompt = parsed.texts[0];
    const row = this.findModel(exchange, route.model ?? parsed.model, "embedding");
    note.prompt_tokens = parsed.texts.reduce((sum, text) => sum + countTokens(text), 0);
    const effect = await this.applyFaults(exchange, row, false);
    if (!effect) return;
    const counts = countTexts(parsed.texts, row);
    const width = widthFor(parsed, row);
    note.prompt_tokens = counts.reduce((sum, count) => sum + count, 0);
    note.source = "embeddings_model";
    const vectors = await upstream.embed(this.embeddingsUrl, parsed.texts, exchange.signal);
    await exchange.waitUntil(this.profiles.draw(row).ttft_s + effect.late_s);
    const answer = form.write(vectors.map((vector) => resize(vector, width)), { model: row.model, counts, parsed });
    exchange.json(200, answer, route.form === "titan" ? { "x-amzn-bedrock-input-token-count": String(note.prompt_tokens) } : {});
  }

  async count_tokens(exchange, route, body) {
    const call = route.dialect.read({ max_tokens: 1, ...body }, route);
    this.findModel(exchange, call.model, "chat");
    const tokens = countPromptTokens(call.messages, call.tools);
    exchange.json(200, route.provider === "anthropic" ? { input_tokens: tokens } : { totalTokens: tokens });
  }

  async show(exchange, route, body) {
    const name = body.model ?? body.name;
    const row = this.profiles.find("ollama", String(name), "chat") ?? this.findModel(exchange, name, "embedding");
    exchange.json(200, {
      modelfile: `FROM ${row.model}`,
      template: "{{ if .Tools }}{{ .Tools }}{{ end }}{{ .Prompt }}",
      details: { family: row.model, format: "gguf", parameter_size: "", quantization_level: "" },
      model_info: { "general.architecture": "llama", "llama.context_length": row.context_window },
      capabilities: row.kind === "chat" ? ["completion", "tools"] : ["embedding"],
    });
  }
}

function cutAtStop(text, stops) {
  const places = stops.map((stop) => text.indexOf(stop)).filter((place) => place >= 0);
  return places.length ? text.slice(0, Math.min(...places)) : text;
}

function newContext(exchange, call, route) {
  return {
    id: exchange.note.request_id,
    created: Math.floor(Date.now() / 1000),
    model: exchange.note.model,
    promptTokens: exchange.note.prompt_tokens,
    completionTokens: 0,
    call,
    route,
    block: 0,
    blockOpen: false,
    elapsedMs: () => Math.round(exchange.elapsedS() * 1000),
  };
}
