// Lists Gemini's models.

export function listModels(simulator, exchange) {
  exchange.json(200, { models: simulator.profiles.namesOf("gemini").map((name) => ({ name: `models/${name}`, displayName: name })) });
}
