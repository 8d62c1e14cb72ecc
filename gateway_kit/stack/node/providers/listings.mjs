// The requests that concern no model: health, the front page, Google's token endpoint.

import { readBody } from "./exchange.mjs";

const HEALTH = ["/health", "/ready"];

/** Answers the request and returns true if it is one of these. */
export async function listings(request, response, path) {
  if (request.method === "POST" && path === "/oauth/token") {
    await issueToken(request, response);
    return true;
  }
  if (request.method !== "GET" && request.method !== "HEAD") return false;
  if (HEALTH.includes(path)) send(response, 200, { status: "ok" });
  else if (path === "/") await sendPage(response, String(request.headers.accept ?? ""));
  else return false;
  return true;
}

// The page is large and rarely read, so it is loaded when it is.
async function sendPage(response, accept) {
  const [{ CONTENTS }, { html }, { markdown }] = await Promise.all([
    import("./page/contents.mjs"), import("./page/html.mjs"), import("./page/markdown.mjs"),
  ]);
  if (accept.includes("text/html")) sendText(response, "text/html", html(CONTENTS));
  else if (accept.includes("text/markdown")) sendText(response, "text/markdown", markdown(CONTENTS));
  else send(response, 200, { service: "simulated providers", control: "/_sim", dialects: CONTENTS });
}

function sendText(response, type, text) {
  const bytes = Buffer.from(text);
  response.writeHead(200, { "content-type": `${type}; charset=utf-8`, "content-length": bytes.length });
  response.end(bytes);
}

// Google's OAuth 2 token endpoint for service accounts: a signed JWT in, a bearer token out.
async function issueToken(request, response) {
  const form = new URLSearchParams((await readBody(request).catch(() => Buffer.alloc(0))).toString("utf8"));
  const assertion = form.get("assertion") ?? "";
  if (form.get("grant_type") !== "urn:ietf:params:oauth:grant-type:jwt-bearer" || assertion.split(".").length !== 3) {
    send(response, 400, { error: "invalid_grant", error_description: "Expected a signed JWT assertion." });
    return;
  }
  const account = accountOf(assertion);
  if (account === "wrong-key") {
    send(response, 401, { error: "invalid_client", error_description: "The service account's key is not known." });
    return;
  }
  // An account "sim-LABEL@..." keeps its label, as a key "sim-LABEL" does elsewhere.
  send(response, 200, { access_token: account.startsWith("sim-") ? account : "simulated", expires_in: 3600, token_type: "Bearer" });
}

// The name before the @ of the account that signed the assertion; "" if it cannot be read.
function accountOf(assertion) {
  try {
    return String(JSON.parse(Buffer.from(assertion.split(".")[1], "base64url").toString("utf8")).iss).split("@")[0];
  } catch {
    return "";
  }
}

function send(response, status, body) {
  const bytes = Buffer.from(JSON.stringify(body));
  response.writeHead(status, { "content-type": "application/json", "content-length": bytes.length });
  response.end(bytes);
}
