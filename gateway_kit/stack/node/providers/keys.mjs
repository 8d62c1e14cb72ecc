// Checks a request's key and reads the deployment label in it. Keys are never stored.

import { ProviderError } from "./errors.mjs";

const WRONG = "wrong-key";
const AWS_CREDENTIAL = /Credential=([^/,\s]+)\//;
const LABEL = /^sim-([A-Za-z0-9._-]{1,60})$/;

/** The label in a simulated key ("sim-openai-east" gives "openai-east"), "" for any other key. Raises the provider's 401. */
export function checkKey(provider, headers, query) {
  const key = readKey(provider, headers, query);
  // A local Ollama needs no key.
  if (key === "" && provider !== "ollama") throw new ProviderError("missing_key");
  if (key === WRONG) throw new ProviderError("wrong_key");
  return LABEL.exec(key)?.[1] ?? "";
}

function readKey(provider, headers, query) {
  const authorization = String(headers.authorization ?? "");
  const bearer = /^bearer\s+(.*)$/i.exec(authorization)?.[1]?.trim() ?? "";
  switch (provider) {
    case "azure": return String(headers["api-key"] ?? bearer);
    case "anthropic": return String(headers["x-api-key"] ?? bearer);
    case "gemini": return String(headers["x-goog-api-key"] ?? query.get("key") ?? bearer);
    // With an API key, Vertex AI is in its express mode.
    case "vertex_ai": return bearer || String(headers["x-goog-api-key"] ?? query.get("key") ?? "");
    case "bedrock": return AWS_CREDENTIAL.exec(authorization)?.[1] ?? bearer;
    default: return bearer;
  }
}
