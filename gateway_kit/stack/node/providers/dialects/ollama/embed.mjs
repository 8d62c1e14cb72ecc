// Ollama's embeddings: /api/embed for texts, and the older /api/embeddings for one.

import { cut } from "../../cut.mjs";
import { embeddings } from "../../operations/embeddings.mjs";
import { ProviderError } from "../../errors.mjs";
import { splitTokens } from "../../tokens.mjs";
import { checkFields } from "../fields.mjs";
import { nameOf } from "./facts.mjs";
import { EMBEDDINGS_FIELDS, EMBED_FIELDS } from "./fields.mjs";
import { keep } from "./loaded.mjs";
import { keepAliveS, readOptions } from "./options.mjs";
import { invalid, wordsOf } from "./words.mjs";

const EMBED_WORDS = wordsOf("EmbedRequest");
const EMBEDDINGS_WORDS = wordsOf("EmbeddingRequest");

// A model that chats makes vectors too, as wide as its inner ones.
const CHAT_WIDTHS = { phi3: 3072, "llama3.2": 3072, gemma3: 2560 };
const USUAL_WIDTH = 4096;

function findRow(simulator, exchange, asked) {
  const found = simulator.profiles.find("ollama", nameOf(simulator, asked, "embedding"), "embedding");
  const row = found ?? simulator.profiles.find("ollama", nameOf(simulator, asked, "chat"), "chat");
  exchange.note.model = row?.model ?? cut(asked, 200);
  if (!row) throw new ProviderError("unknown_model", { model: exchange.note.model, hint: true });
  return found ?? { ...row, dimensions: CHAT_WIDTHS[row.model] ?? USUAL_WIDTH };
}

function textsOf(input) {
  const list = Array.isArray(input) ? input : input === undefined || input === null || input === "" ? [] : [input];
  if (!list.every((text) => typeof text === "string")) throw invalid("invalid input type");
  return list;
}

// What the model reads of a text: all, or what fits into its context.
function shorten(text, row, truncate) {
  const pieces = text.length > row.context_window ? splitTokens(text) : [];
  if (pieces.length <= row.context_window) return text || " ";
  if (!truncate) throw invalid("the input length exceeds the context length");
  return pieces.slice(0, row.context_window).join("");
}

export async function embed(simulator, exchange, _route, body) {
  checkFields(EMBED_FIELDS, body, EMBED_WORDS);
  const seconds = keepAliveS(body.keep_alive);
  if (!body.model) throw invalid("model '' not found", 404);
  const texts = textsOf(body.input);
  const row = findRow(simulator, exchange, body.model);
  readOptions(body.options);
  const loaded = keep(simulator, row, seconds);
  if (texts.length === 0) return exchange.json(200, { model: body.model, embeddings: [] });
  const { dimensions } = body;
  const form = {
    read: () => ({ texts: texts.map((text) => shorten(text, row, body.truncate !== false)), dimensions: dimensions > 0 && dimensions < row.dimensions ? dimensions : undefined }),
    findRow: () => row,
    write(vectors, { counts, elapsedMs }) {
      const total = Math.max(1, elapsedMs()) * 1e6;
      return {
        model: body.model, embeddings: vectors, total_duration: total, load_duration: Math.round(total * (loaded ? 0.1 : 0.5)),
        prompt_eval_count: counts.reduce((sum, count) => sum + count, 0),
      };
    },
  };
  return embeddings(simulator, exchange, { form }, body);
}

export async function embedOne(simulator, exchange, _route, body) {
  checkFields(EMBEDDINGS_FIELDS, body, EMBEDDINGS_WORDS);
  const seconds = keepAliveS(body.keep_alive);
  if (!body.model) throw invalid("model is required");
  const row = findRow(simulator, exchange, body.model);
  readOptions(body.options);
  keep(simulator, row, seconds);
  // Without a text the model is loaded.
  if (!body.prompt) return exchange.json(200, { embedding: [] });
  const form = { read: () => ({ texts: [shorten(body.prompt, row, true)] }), findRow: () => row, write: ([vector]) => ({ embedding: vector }) };
  return embeddings(simulator, exchange, { form }, body);
}
