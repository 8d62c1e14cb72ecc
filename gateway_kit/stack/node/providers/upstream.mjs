// The real servers behind the simulator: the small chat model and the embeddings model, over plain HTTP.

import http from "node:http";

import { ProviderError } from "./errors.mjs";
import { countTokens, splitTokens } from "./tokens.mjs";

const CONNECT_AND_ANSWER_MS = 60_000;
// The longest conversation that the small model answers within a second or two.
const MOST_PROMPT_TOKENS = 600;
const DEFAULT_MAX_TOKENS = 160;

/** Sends a POST with a JSON body; resolves with the response once its headers arrive. */
function post(url, body, signal) {
  return new Promise((resolve, reject) => {
    const data = Buffer.from(JSON.stringify(body));
    // A new connection each time: llama.cpp's server drops kept-alive ones after a stream.
    const request = http.request(url, {
      method: "POST", agent: false, signal, timeout: CONNECT_AND_ANSWER_MS,
      headers: { "content-type": "application/json", "content-length": data.length },
    });
    request.on("timeout", () => request.destroy(new Error(`no answer within ${CONNECT_AND_ANSWER_MS / 1000} s`)));
    request.on("response", resolve);
    request.on("error", reject);
    request.end(data);
  });
}

async function readAll(response) {
  const parts = [];
  for await (const part of response) parts.push(part);
  return Buffer.concat(parts).toString("utf8");
}

function unavailable(what, url, why) {
  return new ProviderError("unavailable", { message: `The ${what} that answers here is not reachable (${url}): ${why}` });
}

/** Sends JSON and reads JSON; if the server is down or answers with an error, raises the provider's 503. */
async function postJson(what, url, body, signal) {
  let response;
  let text;
  try {
    response = await post(url, body, signal);
    text = await readAll(response);
  } catch (error) {
    throw unavailable(what, url, error.code ?? error.message);
  }
  if (response.statusCode !== 200) throw unavailable(what, url, `status ${response.statusCode}`);
  try {
    return JSON.parse(text);
  } catch {
    throw unavailable(what, url, "its answer is not JSON");
  }
}

/** One vector (a list of numbers) per text, in the order of the texts. */
export async function embed(baseUrl, texts, signal) {
  const answer = await postJson("embeddings server", `${baseUrl}/embeddings`, { model: "all-minilm-l6-v2", input: texts, encoding_format: "float" }, signal);
  return [...answer.data].sort((a, b) => a.index - b.index).map((row) => row.embedding);
}

/** The small model's answer as it is generated: yields pieces of text, returns "stop" or "length". */
export async function* chat(baseUrl, call, signal) {
  const url = `${baseUrl}/chat/completions`;
  let response;
  try {
    response = await post(url, chatBody(call), signal);
  } catch (error) {
    throw unavailable("chat model", url, error.code ?? error.message);
  }
  if (response.statusCode !== 200) {
    response.resume();
    throw unavailable("chat model", url, `status ${response.statusCode}`);
  }
  let finish = "stop";
  try {
    for await (const line of lines(response)) {
      if (!line.startsWith("data: ") || line === "data: [DONE]") continue;
      const choice = JSON.parse(line.slice(6)).choices?.[0];
      if (choice?.delta?.content) yield choice.delta.content;
      if (choice?.finish_reason === "length") finish = "length";
    }
  } catch (error) {
    throw unavailable("chat model", url, error.code ?? error.message);
  }
  return finish;
}

async function* lines(response) {
  let rest = "";
  response.setEncoding("utf8");
  for await (const part of response) {
    const parts = (rest + part).split("\n");
    rest = parts.pop();
    for (const line of parts) yield line.trimEnd();
  }
  if (rest) yield rest;
}

function chatBody(call) {
  const body = {
    model: "smollm2-135m-instruct",
    messages: shorten(call.messages.map(plainMessage)),
    max_tokens: Math.min(call.maxTokens ?? DEFAULT_MAX_TOKENS, 512),
    // Temperature 0 and a fixed seed, so that the same prompt gets the same answer.
    temperature: 0,
    seed: 1,
    stream: true,
  };
  if (call.stop.length) body.stop = call.stop;
  if (call.responseFormat) body.response_format = call.responseFormat;
  return body;
}

// The small model does not support tools: it gets a tool's result as text.
function plainMessage(message) {
  if (message.role === "tool") return { role: "user", content: `The tool answered: ${message.text}` };
  const role = message.role === "system" || message.role === "assistant" ? message.role : "user";
  return { role, content: message.text };
}

// Drops what does not fit: the oldest turns first, then the middle of the last message.
function shorten(messages) {
  const kept = [messages.at(-1)];
  let room = MOST_PROMPT_TOKENS - countTokens(kept[0].content);
  for (const message of messages.slice(0, -1).reverse()) {
    room -= countTokens(message.content) + 3;
    if (room < 0) break;
    kept.unshift(message);
  }
  if (kept.length > 1) return kept;
  const pieces = splitTokens(kept[0].content.slice(0, 100_000));
  if (pieces.length <= MOST_PROMPT_TOKENS) return kept;
  const half = MOST_PROMPT_TOKENS / 2;
  return [{ role: kept[0].role, content: `${pieces.slice(0, half).join("")} ... ${pieces.slice(-half).join("")}` }];
}
