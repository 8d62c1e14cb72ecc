// Sends chat requests to a server and prints what it measured, as JSON.
//
// node simulator_client.mjs URL MODEL RATE SECONDS PROMPT; RATE 0: 64 connections, as fast as they are answered.

import http from "node:http";

const [url, model, rateText, secondsText, prompt] = process.argv.slice(2);
const rate = Number(rateText);
const endsAt = performance.now() + Number(secondsText) * 1000;
const agent = new http.Agent({ keepAlive: true, maxSockets: rate > 0 ? Infinity : 64 });
const body = JSON.stringify({ model, messages: [{ role: "user", content: prompt }] });
const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body), authorization: "Bearer k" };
const latencies = [];
let completionTokens = 0;

function send() {
  return new Promise((resolve, reject) => {
    const begun = performance.now();
    const request = http.request(`${url}/v1/chat/completions`, { method: "POST", agent, headers }, async (response) => {
      const parts = [];
      for await (const part of response) parts.push(part);
      if (response.statusCode !== 200) reject(new Error(`status ${response.statusCode}`));
      completionTokens = JSON.parse(Buffer.concat(parts).toString()).usage?.completion_tokens ?? 0;
      latencies.push((performance.now() - begun) / 1000);
      resolve();
    });
    request.on("error", reject);
    request.end(body);
  });
}

async function backToBack() {
  while (performance.now() < endsAt) await send();
}

async function atRate() {
  const running = [];
  for (let next = performance.now(); next < endsAt; next += 1000 / rate) {
    await new Promise((resolve) => { setTimeout(resolve, Math.max(0, next - performance.now())); });
    running.push(send());
  }
  await Promise.all(running);
}

const begun = performance.now();
await (rate > 0 ? atRate() : Promise.all(Array.from({ length: 64 }, backToBack)));
latencies.sort((a, b) => a - b);
const at = (share) => Number(latencies[Math.floor(share * (latencies.length - 1))].toFixed(4));
console.log(JSON.stringify({
  requests_per_s: Math.round(latencies.length / ((performance.now() - begun) / 1000)),
  p50_s: at(0.5), p95_s: at(0.95), completion_tokens: completionTokens,
}));
process.exit(0);
