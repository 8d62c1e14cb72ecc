// Embeddings, with the vectors of the local model; without one, with made-up ones.
//
// A form is `{ read(body, route, simulator), write(vectors, { id, model, counts, parsed, elapsedMs }), headers({ counts }) }`;
// it may find its model by itself with `findRow()`, have a `width(parsed, row)` of its own, and read `counts` of tokens that
// are known without counting.

import { countTexts, madeUpVector, resize, widthFor } from "../embeddings.mjs";
import { countTokens } from "../tokens.mjs";
import { embed } from "../upstream.mjs";

export async function embeddings(simulator, exchange, route, body) {
  const { form } = route;
  const parsed = form.read(body, route, simulator);
  const { note, plan } = exchange;
  note.prompt = parsed.texts[0];
  const row = form.findRow?.() ?? simulator.findModel(exchange, route.model ?? parsed.model, "embedding");
  note.prompt_tokens = parsed.texts.reduce((sum, text) => sum + countTokens(text), 0);
  const effect = await simulator.applyFaults(exchange, row, false);
  if (!effect) return;
  const counted = countTexts(parsed.texts, row).map((count, index) => parsed.counts?.[index] ?? count);
  const counts = plan?.in === undefined ? counted : simulator.textParts.counts(plan, counted.length);
  const width = (form.width ?? widthFor)(parsed, row);
  note.prompt_tokens = counts.reduce((sum, count) => sum + count, 0);
  const { embeddingsUrl } = simulator;
  note.source = embeddingsUrl ? "embeddings_model" : "made_up";
  const vectors = embeddingsUrl ? await embed(embeddingsUrl, parsed.texts, exchange.signal) : parsed.texts.map(madeUpVector);
  // LiteLLM sends texts that it has to send alone one after the other.
  const part = plan?.texts > parsed.texts.length ? parsed.texts.length / plan.texts : 1;
  const pace = simulator.pace(exchange, row, { stream: false, late_s: effect.late_s, part });
  await exchange.waitUntil(pace.total_s ?? pace.ttft_s);
  const context = { id: note.request_id, model: row.model, counts, parsed, elapsedMs: () => Math.round(exchange.elapsedS() * 1000) };
  exchange.json(200, form.write(vectors.map((vector) => resize(vector, width)), context), form.headers?.(context));
}
