// Ollama's questions about models: which there are, which are loaded, what one can do, and pulling one that is there.

import { ProviderError } from "../../errors.mjs";
import { checkFields } from "../fields.mjs";
import { capabilitiesOf, digestOf, fileOf, nameOf, tagged } from "./facts.mjs";
import { SHOW_FIELDS } from "./fields.mjs";
import { listLoaded } from "./loaded.mjs";
import { invalid, wordsOf } from "./words.mjs";

const VERSION = "0.32.0";
// The files of the simulated models do not change.
const MODIFIED = "2026-01-15T09:30:00.123456789Z";

export function listModels(simulator, exchange) {
  const rows = simulator.profiles.rows.filter(({ provider }) => provider === "ollama");
  exchange.json(200, {
    models: rows.map((row) => ({
      name: tagged(row.model), model: tagged(row.model), modified_at: MODIFIED, size: fileOf(row).size, digest: digestOf(row.model),
      details: fileOf(row).details, capabilities: capabilitiesOf(row),
    })),
  });
}

export function listRunning(simulator, exchange) {
  exchange.json(200, {
    models: listLoaded(simulator).map(({ row, expiresAt }) => {
      const { size, details } = fileOf(row);
      return {
        name: tagged(row.model), model: tagged(row.model), size, digest: digestOf(row.model), details, expires_at: expiresAt, size_vram: size,
        context_length: row.context_window,
      };
    }),
  });
}

export const version = (_simulator, exchange) => exchange.json(200, { version: VERSION });

const findAny = (simulator, name) => ["chat", "embedding"].map((kind) => simulator.profiles.find("ollama", nameOf(simulator, name, kind), kind)).find(Boolean);

export function show(simulator, exchange, _route, body) {
  checkFields(SHOW_FIELDS, body, wordsOf("ShowRequest"));
  const name = body.model || body.name;
  if (!name) throw invalid("model is required");
  const row = findAny(simulator, name);
  if (!row) throw new ProviderError("unknown_model", { model: name });
  const { details } = fileOf(row);
  const { family } = details;
  exchange.json(200, {
    modelfile: `FROM ${tagged(row.model)}\nTEMPLATE """{{ .Prompt }}"""`,
    parameters: 'stop                           "<|end|>"',
    // LiteLLM looks here for whether a model calls tools.
    template: `{{ .System }}{{ if .Tools }}{{ .Tools }}{{ end }}{{ .Prompt }}`,
    details,
    model_info: {
      "general.architecture": family, "general.parameter_count": Math.round(parseFloat(details.parameter_size) * 1e9),
      [`${family}.context_length`]: row.context_window, [`${family}.embedding_length`]: row.dimensions ?? 4096,
    },
    capabilities: capabilitiesOf(row),
    modified_at: MODIFIED,
  });
}

/** Pulls a model that is there already; others are not in the registry. */
export function pull(simulator, exchange, _route, body) {
  const name = body.model || body.name;
  if (typeof name !== "string" || name === "") throw invalid("invalid model name");
  const row = findAny(simulator, name);
  if (!row) throw invalid("pull model manifest: file does not exist");
  if (body.stream === false) return exchange.json(200, { status: "success" });
  const digest = `sha256:${digestOf(row.model)}`;
  const { size } = fileOf(row);
  const steps = [
    { status: "pulling manifest" }, { status: `pulling ${digest.slice(7, 19)}`, digest, total: size, completed: size },
    { status: "verifying sha256 digest" }, { status: "writing manifest" }, { status: "success" },
  ];
  exchange.start(200, { "content-type": "application/x-ndjson" });
  exchange.response.end(steps.map((step) => `${JSON.stringify(step)}\n`).join(""));
  exchange.note.outcome = "answered";
  return undefined;
}
