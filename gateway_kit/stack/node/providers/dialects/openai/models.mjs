// OpenAI's models: which one a request means, and their listings.

import { ProviderError } from "../../errors.mjs";
import { refusal } from "./words.mjs";

const CREATED = 1_700_000_000;

/** The model that a request names: in its path at Azure, in its body elsewhere. */
export function modelOf(body, route) {
  if (route.model !== undefined) return route.model;
  if (body.model === undefined || body.model === null || body.model === "") throw refusal("you must provide a model parameter");
  return body.model;
}

const WRONG_KIND = {
  chat: { completion: "not_a_chat_model", embedding: "not_to_be_sampled" },
  completion: { chat: "a_chat_model", embedding: "not_to_be_sampled" },
};

/** The model's row, undefined if there is no such model; the provider's error if it is one of another kind. */
export function findRow(simulator, provider, model, kind) {
  const row = simulator.profiles.find(provider, model, kind);
  if (row) return row;
  for (const [other, error] of Object.entries(WRONG_KIND[kind] ?? {})) {
    if (simulator.profiles.find(provider, model, other)) throw new ProviderError(error, { model, param: "model" });
  }
  return undefined;
}

/** How a model's requests are checked: OpenAI's fields, and of a foreign model any others too. */
export function wordsFor(simulator, provider, model, kind, words) {
  const mayBeForeign = simulator.rehearsal && typeof model === "string";
  return mayBeForeign && simulator.profiles.find(provider, model, kind)?.foreign ? { ...words, unknown: () => null } : words;
}

const nameRows = (simulator, provider) => simulator.profiles.rows.filter((row) => row.provider === provider);
const namesOf = (simulator, provider) => nameRows(simulator, provider).flatMap((row) => [row.model, ...(row.snapshots ?? [])]);

const openaiModel = (id) => ({ id, object: "model", created: CREATED, owned_by: "openai" });
const azureModel = (id) => ({
  ...openaiModel(id), created_at: CREATED, updated_at: CREATED, status: "succeeded", lifecycle_status: "generally-available",
  capabilities: { fine_tune: false, inference: true, completion: false, chat_completion: !id.includes("embedding"), embeddings: id.includes("embedding") },
});
const modelAt = (provider, id) => (provider === "azure" ? azureModel(id) : openaiModel(id));

export function listModels(simulator, exchange, route) {
  const data = namesOf(simulator, route.provider).map((id) => modelAt(route.provider, id));
  exchange.json(200, { object: "list", data });
}

export function retrieveModel(simulator, exchange, route) {
  const known = ["chat", "completion", "embedding"].some((kind) => simulator.profiles.find(route.provider, route.model, kind));
  if (!known) throw new ProviderError("no_such_model", { model: route.model, param: "model" });
  exchange.json(200, modelAt(route.provider, route.model));
}
