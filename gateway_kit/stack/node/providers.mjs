// The provider simulator: `node providers.mjs` serves every simulated provider on 127.0.0.1.
//
// Environment: PROVIDERS_PORT (4010; 0 picks a free one), CHAT_MODEL_URL and EMBEDDINGS_URL (OpenAI-compatible
// APIs of the small real models). Prints one JSON line once it listens.

import { createServer } from "@copilotkit/aimock";

import { control } from "./providers/control.mjs";
import { listings } from "./providers/listings.mjs";
import { splitLabel } from "./providers/routes.mjs";
import { Simulator } from "./providers/simulator.mjs";

// Longer than any client keeps an idle connection, so that the server never closes one as a request arrives.
const KEEP_ALIVE_MS = 120_000;

const port = readPort(process.env.PROVIDERS_PORT ?? "4010");
const simulator = new Simulator({
  chatModelUrl: trimmed(process.env.CHAT_MODEL_URL ?? "http://127.0.0.1:8090/v1"),
  embeddingsUrl: trimmed(process.env.EMBEDDINGS_URL ?? "http://127.0.0.1:8091/v1"),
});

const mount = {
  async handleRequest(request, response) {
    const url = new URL(request.url, "http://127.0.0.1");
    const { label, path } = splitLabel(url.pathname);
    if (path === "/_sim" || path.startsWith("/_sim/")) await control(simulator, request, response, path, url.searchParams);
    else if (!(await listings(simulator, request, response, path))) await simulator.handle(request, response, path, url.searchParams, label);
    return true;
  },
};

// aimock serves HTTP; the handler mounted at the root answers instead of its fixtures. journalMaxEntries 1
// keeps aimock's own journal, which would store headers, empty.
const { server, url } = await createServer([], { host: "127.0.0.1", port, logLevel: "warn", journalMaxEntries: 1 }, [
  { path: "", handler: mount },
]).catch((error) => {
  const why = error.code === "EADDRINUSE" ? `port ${port} is taken; set PROVIDERS_PORT to another` : error.message;
  console.error(`providers: cannot start: ${why}`);
  process.exit(1);
});
// aimock answers 500 to a URL it cannot parse; here such a URL is an unknown path like any other.
server.prependListener("request", (request) => {
  if (!URL.canParse(request.url, "http://127.0.0.1")) request.url = "/invalid";
});
server.keepAliveTimeout = KEEP_ALIVE_MS;
server.headersTimeout = KEEP_ALIVE_MS + 5_000;
console.log(JSON.stringify({ event: "ready", url }));

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

function trimmed(address) {
  return address.replace(/\/+$/, "");
}
