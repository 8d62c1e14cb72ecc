// The simulated providers: from an HTTP request to a provider's answer, by way of keys, faults and models.

import { randomUUID } from "node:crypto";

import { knownAnswer } from "./bank.mjs";
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

// Questions about a model, which clients ask beside their calls: no traffic, so not in the journal.
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

  /** Answers one POST to a provider and writes its row into the journal; never raises. */
  async handle(request, response, path, query, label) {
    const route = request.method === "POST" ? findRoute(path, query) : null;
    const exchange = new Exchange(request, response, route?.provider ?? likelyProvider(path), path);
    exchange.note.deployment = label;
    try {
      if (!route) throw new ProviderError("unknown_path", { method: request.method, path });
      exchange.note.request_id = ID_PREFIX[route.provider] + randomUUID().replaceAll("-", "").slice(0, 24);
      const raw = await readBody(request);
      const body = parseJson(raw);
      // The key comes after the body, or the refusal would race with an upload.
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
    // A caller who leaves while sending, or while waiting, gets no answer.
    if (exchange.signal.aborted || error.code === "ECONNRESET") return;
    // A provider error before the answer starts is an answer; anything later can only break the connection.
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

  /** Lets a fault strike: returns what is left to do, or null where the request is over. */
  async strike(exchange, row, stream) {
    const { provider, note } = exchange;
    const { latency_s, strike } = this.faults.draw({ provider, model: row.model, deployment: note.deployment, stream });
    if (latency_s > 0) note.fault = "slow";
    if (strike) note.fault = strike.kind;
    await wait(latency_s, exchange.signal);
    if (strike?.kind === "rate_limit") throw new ProviderError("rate_limit", { model: row.model, retry_after_s: strike.retry_after_s });
    if (strike?.kind === "server_error") throw new ProviderError("server_error");
    if (strike?.kind === "timeout") {
      await this.hold(exchange, strike);
      return null;
    }
    return { cutAfter: strike?.kind === "cut_stream" ? strike.after_chunks : Infinity, late_s: latency_s };
  }

  async hold(exchange, fault) {
    const release = new AbortController();
    this.held.set(release, fault.id);
    exchange.signal.addEventListener("abort", () => release.abort(), { once: true });
    await wait(fault.hold_s, release.signal);
    this.held.delete(release);
    if (!exchange.signal.aborted) exchange.drop("no_answer");
  }

  /** Lets go of the requests that a timeout fault holds; without an id, of every fault's. */
  releaseHeld(id) {
    for (const [release, faultId] of this.held) if (id === undefined || faultId === id) release.abort();
  }

  async chat(exchange, route, body) {
    const call = route.dialect.read(body, route);
    const begun = await this.beginChat(exchange, call);
    if (!begun) return;
    const { pace, reply, words, cutAfter } = begun;
    const context = newContext(exchange, call, route);
    if (call.stream) await stream(exchange, route.dialect, context, words, reply, pace, cutAfter);
    else await whole(exchange, route.dialect, context, words, reply, pace);
  }

  async responses(exchange, _route, body, { request, raw }) {
    const call = readResponses(body);
    const begun = await this.beginChat(exchange, call);
    if (!begun) return;
    const { pace, reply, words, cutAfter } = begun;
    for await (const _piece of words); // speak() gathers the text in reply
    const tokens = replyTokens(reply);
    exchange.note.completion_tokens = tokens;
    if (!call.stream) await exchange.waitUntil(pace.ttft_s + tokens * pace.token_s);
    const usage = { input_tokens: exchange.note.prompt_tokens, output_tokens: tokens };
    await writeResponses(request, exchange, raw.toString("utf8"), reply, usage, pace, cutAfter);
  }

  /** All that comes before the first word of an answer; null where a fault has ended the request. */
  async beginChat(exchange, call) {
    const { note } = exchange;
    note.stream = call.stream;
    note.prompt = call.messages.at(-1).text;
    const row = this.findModel(exchange, call.model, "chat");
    note.prompt_tokens = countPromptTokens(call.messages, call.tools);
    const left = await this.strike(exchange, row, call.stream);
    if (!left) return null;
    if (note.prompt_tokens > row.context_window) {
      throw new ProviderError("context", { tokens: note.prompt_tokens, limit: row.context_window, model: row.model });
    }
    const known = knownAnswer(call, row.style);
    note.source = known ? "bank" : "chat_model";
    const pace = this.profiles.draw(row);
    pace.ttft_s += left.late_s;
    const reply = { text: "", textTokens: 0, toolCalls: known?.toolCalls ?? [], finish: "stop" };
    return { pace, reply, words: this.speak(call, known, reply, exchange.signal), cutAfter: left.cutAfter };
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
    const wish = form.read(body);
    const { note } = exchange;
    note.prompt = wish.texts[0];
    const row = this.findModel(exchange, route.model ?? wish.model, "embedding");
    note.prompt_tokens = wish.texts.reduce((sum, text) => sum + countTokens(text), 0);
    const left = await this.strike(exchange, row, false);
    if (!left) return;
    const counts = countTexts(wish.texts, row);
    const width = widthFor(wish, row);
    note.prompt_tokens = counts.reduce((sum, count) => sum + count, 0);
    note.source = "embeddings_model";
    const vectors = await upstream.embed(this.embeddingsUrl, wish.texts, exchange.signal);
    await exchange.waitUntil(this.profiles.draw(row).ttft_s + left.late_s);
    const answer = form.write(vectors.map((vector) => resize(vector, width)), { model: row.model, counts, wish });
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
