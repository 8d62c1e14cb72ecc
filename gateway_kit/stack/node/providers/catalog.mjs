// Further models: every one that LiteLLM's price list has of a simulated provider, with a speed by its size.
//
// The list comes with LiteLLM (model_prices_and_context_window_backup.json), so that the gateway knows the price of
// each. It is read when the first name is asked for that models.mjs does not have. A rehearsal has any model besides: what
// the list says of one of that name at whichever provider, or what is usual.

import { readFileSync } from "node:fs";

const KINDS = { chat: "chat", responses: "chat", completion: "completion", embedding: "embedding" };
// LiteLLM's name of the provider, and how its list writes a model's name.
const PROVIDERS = {
  openai: ["openai", ""], "text-completion-openai": ["openai", ""], azure: ["azure", "azure/"], anthropic: ["anthropic", ""],
  bedrock: ["bedrock", ""], bedrock_converse: ["bedrock", ""], gemini: ["gemini", "gemini/"], ollama: ["ollama", "ollama/"],
  "vertex_ai-language-models": ["vertex_ai", ""], "vertex_ai-embedding-models": ["vertex_ai", ""],
};
const STYLES = {
  openai: "plain", azure: "measured", anthropic: "warm", bedrock: "friendly", gemini: "marked", vertex_ai: "marked", ollama: "teacher",
};
// A speed that suits the size that the name tells; like those in models.mjs it is no benchmark.
const SIZES = [
  [/nano|flash-lite|micro|\b[1-9]b\b|tiny|8b/, { ttft_s: 0.09, tokens_per_s: 240 }],
  [/mini|flash|haiku|lite|small|fast/, { ttft_s: 0.16, tokens_per_s: 170 }],
  [/opus|-pro\b|large|ultra|405b|120b|^o\d/, { ttft_s: 0.4, tokens_per_s: 80 }],
];
const USUAL = { ttft_s: 0.28, tokens_per_s: 110 };
const EMBEDDING_TTFT_S = 0.04;
const UNKNOWN_WINDOW = 2_000_000;
const UNKNOWN_WIDTH = 1536;

export class Catalog {
  /** `path` of the price list; without one the catalog is empty. */
  constructor(path) {
    this.path = path;
    this.rows = null;
  }

  /** A new row for the provider's model, or undefined. */
  find(provider, model, kind) {
    this.read();
    const row = this.rows.get(`${provider}/${model}`);
    return row?.kind === kind ? { ...row } : undefined;
  }

  /** A new row for a model of any name; `foreign` says that nothing is known of what its provider takes and refuses. */
  foreign(provider, model, kind) {
    this.read();
    const entry = this.entries.get(`${kind}/${model}`) ?? { max_input_tokens: UNKNOWN_WINDOW, output_vector_size: UNKNOWN_WIDTH };
    return { ...rowOf(provider, model, kind, entry), sight: true, foreign: true };
  }

  read() {
    if (this.rows) return;
    this.rows = new Map();
    // By kind and name without the provider; of several providers' models of one name that with the largest context.
    this.entries = new Map();
    for (const [name, entry] of Object.entries(this.path ? JSON.parse(readFileSync(this.path, "utf8")) : {})) {
      const kind = KINDS[entry.mode];
      if (!kind) continue;
      const bare = `${kind}/${name.slice(name.startsWith(`${entry.litellm_provider}/`) ? entry.litellm_provider.length + 1 : 0)}`;
      const { max_input_tokens, max_tokens, output_vector_size } = entry;
      if ((this.entries.get(bare)?.max_input_tokens ?? 0) < (max_input_tokens ?? 1)) this.entries.set(bare, { max_input_tokens, max_tokens, output_vector_size });
      const [provider, prefix] = PROVIDERS[entry.litellm_provider] ?? [];
      if (!provider || !name.startsWith(prefix)) continue;
      const model = name.slice(prefix.length);
      this.rows.set(`${provider}/${model}`, rowOf(provider, model, kind, entry));
    }
  }
}

function rowOf(provider, model, kind, entry) {
  const context_window = number(entry.max_input_tokens) ?? number(entry.max_tokens) ?? 8_192;
  const row = { provider, model, kind, context_window, jitter: 0.1 };
  if (kind === "embedding") {
    return { ...row, dimensions: number(entry.output_vector_size) ?? 1024, style: null, ttft_s: EMBEDDING_TTFT_S, tokens_per_s: null };
  }
  const speed = SIZES.find(([pattern]) => pattern.test(model))?.[1] ?? USUAL;
  return { ...row, dimensions: null, style: STYLES[provider], ...speed, sight: entry.supports_vision === true };
}

const number = (value) => (Number.isInteger(value) && value > 0 ? value : undefined);
