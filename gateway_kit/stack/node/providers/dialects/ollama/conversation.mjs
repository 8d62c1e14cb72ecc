// /api/chat and /api/generate: what Ollama checks before a model answers, and loading and unloading a model.

import { chat } from "../../operations/chat.mjs";
import { checkFields } from "../fields.mjs";
import * as dialect from "./chat.mjs";
import { capabilitiesOf, nameOf, registryName, thinks } from "./facts.mjs";
import { CHAT_FIELDS, GENERATE_FIELDS } from "./fields.mjs";
import { goTime } from "./go_time.mjs";
import { keep } from "./loaded.mjs";
import { keepAliveS, readFormat, readOptions } from "./options.mjs";
import { invalid, wordsOf } from "./words.mjs";

const WORDS = { chat: wordsOf("ChatRequest"), generate: wordsOf("GenerateRequest") };

/** Answers a request of either form; `route.generate` says which. */
export async function converse(simulator, exchange, route, body) {
  const { generate } = route;
  checkFields(generate ? GENERATE_FIELDS : CHAT_FIELDS, body, generate ? WORDS.generate : WORDS.chat);
  const seconds = keepAliveS(body.keep_alive);
  if (!body.model) throw generate ? invalid("model '' not found", 404) : invalid("model is required");
  const row = simulator.findModel(exchange, nameOf(simulator, body.model, "chat"), "chat");
  const empty = generate ? !body.prompt && !body.suffix && !body.images?.length : !body.messages?.length;
  if (empty && body.keep_alive !== undefined && body.keep_alive !== null && seconds === 0) return answerLoad(simulator, exchange, route, body, row, "unload");
  if (generate && body.raw && (body.template || body.system || body.context?.length)) throw invalid("raw mode does not support template, system, or context");
  checkAbilities(body, row);
  readOptions(body.options);
  readFormat(body.format);
  if (empty) return answerLoad(simulator, exchange, route, body, row, "load", seconds);
  const loaded = keep(simulator, row, seconds);
  const request = generate ? { ...body, prompt: body.prompt ?? "" } : body;
  return chat(simulator, exchange, { ...route, dialect, row, loaded, thinks: wantsThinking(body, row) }, request);
}

function checkAbilities(body, row) {
  const can = capabilitiesOf(row);
  if (body.think !== undefined && body.think !== null && body.think !== false && !can.includes("thinking")) {
    throw invalid(`${JSON.stringify(body.model)} does not support thinking`);
  }
  const missing = [...(body.tools?.length && !can.includes("tools") ? ["tools"] : []), ...(body.suffix && !can.includes("insert") ? ["insert"] : [])];
  if (missing.length) throw invalid(`${registryName(row.model)} does not support ${missing.join("\n")}`);
}

// A model that can think does, unless it is told not to; gpt-oss always does.
const wantsThinking = ({ think, raw }, { model }) => !raw && thinks(model) && (think !== false || model.startsWith("gpt-oss"));

function answerLoad(simulator, exchange, { generate }, body, row, reason, seconds = 0) {
  keep(simulator, row, seconds);
  const said = generate ? { response: "" } : { message: { role: "assistant", content: "" } };
  exchange.json(200, { model: body.model, created_at: goTime(), ...said, done: true, done_reason: reason }, { "content-type": "application/json; charset=utf-8" });
}
