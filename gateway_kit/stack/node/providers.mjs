// The provider simulator: `node providers.mjs` serves every simulated provider on 127.0.0.1.
//
// Environment: PROVIDERS_PORT (4010; 0 picks a free one), EMBEDDINGS_URL (the OpenAI API of the small embeddings
// model; empty: embeddings are numbers that mean nothing), PROVIDERS_CATALOG (LiteLLM's price list, whose models are simulated as well), PROVIDERS_ANSWERS (a file of
// one's own answers, JSON Lines or a JSON list) and PROVIDERS_REHEARSAL (1: it obeys the plans in a rehearsal's header and
// knows every model). Prints one JSON line once it listens.

import { createServer } from "node:http";

import { readAnswers } from "./providers/answering/index.mjs";
import { control } from "./providers/control.mjs";
import { listings } from "./providers/listings.mjs";
import { splitLabel } from "./providers/routes.mjs";
import { Simulator } from "./providers/simulator.mjs";

// Longer than any client keeps an idle connection, so that the server never closes one as a request arrives.
const KEEP_ALIVE_MS = 120_000;
const HOST = "127.0.0.1";
const ORIGIN = `http://${HOST}`;

const port = readPort(process.env.PROVIDERS_PORT ?? "4010");
const simulator = new Simulator({
  answers: startAnswers(process.env.PROVIDERS_ANSWERS),
  embeddingsUrl: trimmed(process.env.EMBEDDINGS_URL ?? "http://127.0.0.1:8091/v1"),
  catalogPath: process.env.PROVIDERS_CATALOG,
  rehearsal: process.env.PROVIDERS_REHEARSAL === "1",
});

const server = createServer(async (request, response) => {
  // A URL that cannot be parsed is an unknown path like any other.
  const url = URL.canParse(request.url, ORIGIN) ? new URL(request.url, ORIGIN) : new URL("/invalid", ORIGIN);
  const { label, path } = splitLabel(url.pathname);
  if (path === "/_sim" || path.startsWith("/_sim/")) await control(simulator, request, response, path, url.searchParams);
  else if (!(await listings(request, response, path))) await simulator.handle(request, response, path, url.searchParams, label);
});
server.on("error", (error) => {
  const why = error.code === "EADDRINUSE" ? `port ${port} is taken; set PROVIDERS_PORT to another` : error.message;
  console.error(`providers: cannot start: ${why}`);
  process.exit(1);
});
server.keepAliveTimeout = KEEP_ALIVE_MS;
server.headersTimeout = KEEP_ALIVE_MS + 5_000;
server.listen(port, HOST, () => {
  console.log(JSON.stringify({ event: "ready", url: `http://${HOST}:${server.address().port}` }));
});

for (const name of ["SIGTERM", "SIGINT"]) {
  process.once(name, () => {
    simulator.releaseHeld();
    server.close(() => process.exit(0));
    server.closeAllConnections();
  });
}

function readPort(text) {
  const number = Number(text);
  if (text.trim() !== "" && Number.isInteger(number) && number >= 0 && number <= 65535) return number;
  console.error(`providers: PROVIDERS_PORT must be a port number, not "${text}"`);
  return process.exit(1);
}

function startAnswers(path) {
  try {
    return readAnswers(path);
  } catch (error) {
    console.error(`providers: PROVIDERS_ANSWERS=${path}: ${error.message}`);
    return process.exit(1);
  }
}

function trimmed(address) {
  return address.replace(/\/+$/, "");
}
