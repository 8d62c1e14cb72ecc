// Anthropic's list of models.

import { ProviderError } from "../../errors.mjs";
import { capabilitiesOf } from "./capabilities.mjs";
import { checkHeaders } from "./headers.mjs";
import { quoted, refusal } from "./words.mjs";

const USUAL_PAGE = 20;
const MOST_PAGE = 1_000;
const STAGES = ["active", "deprecated", "retired"];

const supported = (value) => ({ supported: value });

function describe(row) {
  const claude = capabilitiesOf(row.model);
  const kinds = ["adaptive", "between_tools", "disabled", "enabled"];
  const levels = ["low", "medium", "high", "xhigh", "max"];
  return {
    type: "model",
    id: row.served ?? row.model,
    display_name: claude.name,
    created_at: claude.released,
    lifecycle: claude.retires ? "deprecated" : "active",
    deprecated_at: null,
    retires_at: claude.retires,
    line: row.model.split("-")[1],
    max_input_tokens: row.context_window,
    max_tokens: claude.output,
    // As the simulator has it, so that a client which asks first is not refused later.
    capabilities: {
      batch: supported(false), citations: supported(true), code_execution: supported(false),
      context_management: { supported: false },
      effort: { supported: claude.effort.length > 0, ...Object.fromEntries(levels.map((level) => [level, supported(claude.effort.includes(level))])) },
      image_input: supported(row.sight), pdf_input: supported(true),
      server_tools: { supported: false, code_execution: supported(false), web_search: supported(false) },
      structured_outputs: supported(true),
      thinking: { supported: true, types: Object.fromEntries(kinds.map((kind) => [kind, supported(claude.thinking.includes(kind))])) },
    },
  };
}

const rowsOf = (simulator) => simulator.profiles.rows.filter((row) => row.provider === "anthropic" && row.kind === "chat" && capabilitiesOf(row.model));

export async function listModels(simulator, exchange, route, _body, query) {
  checkHeaders(route.headers);
  const limit = readLimit(query.get("limit"));
  const stages = readStages(query);
  const all = rowsOf(simulator).map(describe).filter((model) => stages.includes(model.lifecycle));
  const after = cursor(all, query, "after_id");
  const before = cursor(all, query, "before_id");
  const rest = before === undefined ? all.slice((after ?? -1) + 1) : all.slice(0, before);
  const data = before === undefined ? rest.slice(0, limit) : rest.slice(-limit);
  exchange.json(200, { data, has_more: data.length < rest.length, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null });
}

function readLimit(text) {
  const limit = text === null ? USUAL_PAGE : Number(text);
  if (!Number.isInteger(limit)) throw refusal("limit: Input should be a valid integer, unable to parse string as an integer");
  if (limit < 1) throw refusal("limit: Input should be greater than or equal to 1");
  if (limit > MOST_PAGE) throw refusal(`limit: Input should be less than or equal to ${MOST_PAGE}`);
  return limit;
}

function readStages(query) {
  const asked = [...query.getAll("lifecycle"), ...query.getAll("lifecycle[]")];
  const wrong = asked.findIndex((stage) => !STAGES.includes(stage));
  if (wrong >= 0) throw refusal(`lifecycle.${wrong}: Input should be ${quoted(STAGES)}`);
  return asked.length ? asked : ["active", "deprecated"];
}

function cursor(all, query, name) {
  const id = query.get(name);
  if (id === null) return undefined;
  const index = all.findIndex((model) => model.id === id);
  if (index < 0) throw refusal(`${name}: no model has the id '${id}'`);
  return index;
}

export async function getModel(simulator, exchange, route) {
  checkHeaders(route.headers);
  const row = simulator.profiles.find("anthropic", route.model, "chat");
  if (!row || !capabilitiesOf(row.model)) throw new ProviderError("unknown_model", { model: route.model });
  exchange.json(200, describe(row));
}
