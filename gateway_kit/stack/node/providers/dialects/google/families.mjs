// What the generations of Gemini models can do.

// Tokens of thinking that may be asked for, by kind of model.
const BUDGETS = { pro: { least: 128, most: 32_768 }, flash: { least: 1, most: 24_576 }, lite: { least: 512, most: 24_576 } };
const LEVELS = { pro: ["LOW", "MEDIUM", "HIGH"], flash: ["MINIMAL", "LOW", "MEDIUM", "HIGH"], lite: ["MINIMAL", "LOW", "MEDIUM", "HIGH"] };
const kept = new Map();

/** A model's family: `{ generation, kind: "pro" | "flash" | "lite", thinks, budget: { least, most }, levels, outputLimit }`. */
export function familyOf(row) {
  const name = row.served ?? row.model;
  if (!kept.has(name)) kept.set(name, describe(name));
  return kept.get(name);
}

function describe(name) {
  const generation = Number(/^gemini-(\d+(?:\.\d+)?)/.exec(name)?.[1] ?? 0);
  const kind = name.includes("lite") ? "lite" : name.includes("flash") ? "flash" : "pro";
  return {
    generation, kind,
    thinks: generation >= 2.5,
    budget: BUDGETS[kind],
    levels: LEVELS[kind],
    outputLimit: generation >= 2.5 ? 65_536 : 8_192,
    // From this generation on, a call of a function has an id and a signature, and functions go together with JSON.
    callIds: generation >= 3,
  };
}
