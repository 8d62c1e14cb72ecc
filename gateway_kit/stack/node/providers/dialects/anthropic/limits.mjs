// Endpoints that Anthropic has and the simulator refuses, each with the reason.

import { ProviderError } from "../../errors.mjs";

const BATCHES = "Message batches are not simulated; send each message to /v1/messages.";
const FILES = "The Files API is not simulated; send the data itself in a message, as base64.";
const SKILLS = "Skills are not simulated; they need Anthropic's code execution.";
const COMPLETE = "Text completions are not simulated; no Claude model has them any more. Use /v1/messages.";
const AGENTS = "Managed agents are not simulated; run the loop of tools yourself on /v1/messages.";
const ADMIN = "Anthropic's administration of organizations is not simulated; nothing is billed here.";

export const REFUSED_PATHS = [
  { method: "POST", path: "/v1/messages/batches", limit: BATCHES },
  { method: "GET", path: "/v1/messages/batches", limit: BATCHES },
  { method: "GET", path: "/v1/messages/batches/{id}", limit: BATCHES },
  { method: "GET", path: "/v1/messages/batches/{id}/results", limit: BATCHES },
  { method: "POST", path: "/v1/messages/batches/{id}/cancel", limit: BATCHES },
  { method: "DELETE", path: "/v1/messages/batches/{id}", limit: BATCHES },
  { method: "POST", path: "/v1/files", limit: FILES },
  { method: "GET", path: "/v1/files", limit: FILES },
  { method: "GET", path: "/v1/files/{id}", limit: FILES },
  { method: "GET", path: "/v1/files/{id}/content", limit: FILES },
  { method: "DELETE", path: "/v1/files/{id}", limit: FILES },
  { method: "POST", path: "/v1/skills", limit: SKILLS },
  { method: "GET", path: "/v1/skills", limit: SKILLS },
  { method: "GET", path: "/v1/skills/{id}", limit: SKILLS },
  { method: "DELETE", path: "/v1/skills/{id}", limit: SKILLS },
  { method: "POST", path: "/v1/complete", limit: COMPLETE },
  { method: "POST", path: "/v1/agents", limit: AGENTS },
  { method: "POST", path: "/v1/sessions", limit: AGENTS },
  { method: "POST", path: "/v1/environments", limit: AGENTS },
  { method: "GET", path: "/v1/organizations/me", limit: ADMIN },
];

// Whole areas: a path below one is refused as its first path is.
const AREAS = [
  ["/v1/messages/batches", BATCHES], ["/v1/files", FILES], ["/v1/skills", SKILLS], ["/v1/complete", COMPLETE], ["/v1/agents", AGENTS],
  ["/v1/sessions", AGENTS], ["/v1/environments", AGENTS], ["/v1/vaults", AGENTS], ["/v1/memory_stores", AGENTS], ["/v1/deployments", AGENTS],
  ["/v1/organizations", ADMIN], ["/v1/user_profiles", ADMIN],
];
// Only Anthropic has these; for the others a header tells whose client it is.
const OWN = new Set([BATCHES, COMPLETE]);

/** The limit of a path, or undefined. */
export function limitOf(path, fromAnthropic) {
  const found = AREAS.find(([area]) => path === area || path.startsWith(`${area}/`));
  return found && (fromAnthropic || OWN.has(found[1])) ? found[1] : undefined;
}

export async function refuse(_simulator, _exchange, route) {
  throw new ProviderError("not_found", { message: route.limit });
}
