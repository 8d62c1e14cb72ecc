// The real model behind the simulated embedding models.

import http from "node:http";
import https from "node:https";

import { ProviderError } from "./errors.mjs";

const CONNECT_AND_ANSWER_MS = 60_000;

/** Sends a POST with a JSON body; resolves with the response once its headers arrive. */
function post(url, body, signal) {
  return new Promise((resolve, reject) => {
    const data = Buffer.from(JSON.stringify(body));
    // A new connection each time: llama.cpp's server drops kept-alive ones after a stream.
    const request = (new URL(url).protocol === "https:" ? https : http).request(url, {
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
  return new ProviderError("unavailable", { message: `The ${what} that answers here ${why} (${url})` });
}

/** Sends JSON and reads JSON; if the server is down or answers with an error, raises the provider's 503. */
async function postJson(what, url, body, signal) {
  let response;
  let text;
  try {
    response = await post(url, body, signal);
    text = await readAll(response);
  } catch (error) {
    throw unavailable(what, url, `is not reachable: ${error.code ?? error.message}`);
  }
  if (response.statusCode !== 200) throw unavailable(what, url, `failed with status ${response.statusCode}`);
  try {
    return JSON.parse(text);
  } catch {
    throw unavailable(what, url, "sent an answer that is not JSON");
  }
}

/** One vector (a list of numbers) per text, in the order of the texts. */
export async function embed(baseUrl, texts, signal) {
  // The server takes no half of a character that two code units make.
  const input = texts.map((text) => text.toWellFormed());
  const answer = await postJson("embeddings server", `${baseUrl}/embeddings`, { model: "all-minilm-l6-v2", input, encoding_format: "float" }, signal);
  return [...answer.data].sort((a, b) => a.index - b.index).map((row) => row.embedding);
}
