// Lists OpenAI's models.

const CREATED = 1_700_000_000;

export function listModels(simulator, exchange) {
  const data = simulator.profiles.namesOf("openai").map((id) => ({ id, object: "model", created: CREATED, owned_by: "openai" }));
  exchange.json(200, { object: "list", data });
}
