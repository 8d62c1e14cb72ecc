// The simulated models: provider, context window or dimensions, speed and style of answer.
//
// The times are chosen so that models differ visibly in a chart and lessons stay quick; they are not a
// benchmark of the real models. Context windows and dimensions are the providers' published numbers.

const chat = (provider, model, context_window, style, ttft_s, tokens_per_s, { sight = false, served, snapshots } = {}) => ({
  provider, model, kind: "chat", context_window, dimensions: null, style, ttft_s, tokens_per_s, jitter: 0.1, sight, served, snapshots,
});
const SIGHT = { sight: true }; // takes images
// Takes images, and answers under its dated name.
const dated = (served) => ({ sight: true, served });
// Takes images, and has dated names, of which the first answers to the plain one; no other date is known.
const snapshots = (...names) => ({ sight: true, snapshots: names });
const embedding = (provider, model, context_window, dimensions, ttft_s) => ({
  provider, model, kind: "embedding", context_window, dimensions, style: null, ttft_s, tokens_per_s: null, jitter: 0.1,
});

export const MODELS = [
  chat("openai", "gpt-3.5-turbo", 16_385, "formal", 0.12, 180, { snapshots: ["gpt-3.5-turbo-0125", "gpt-3.5-turbo-1106"] }),
  { ...chat("openai", "gpt-3.5-turbo-instruct", 4_096, "formal", 0.12, 180, { snapshots: ["gpt-3.5-turbo-instruct-0914"] }), kind: "completion" },
  chat("openai", "gpt-4o-mini", 128_000, "plain", 0.15, 160, snapshots("gpt-4o-mini-2024-07-18")),
  chat("openai", "gpt-4o", 128_000, "plain", 0.25, 120, snapshots("gpt-4o-2024-08-06", "gpt-4o-2024-11-20", "gpt-4o-2024-05-13")),
  chat("openai", "gpt-4.1", 1_047_576, "plain", 0.28, 120, snapshots("gpt-4.1-2025-04-14")),
  chat("openai", "gpt-4.1-mini", 1_047_576, "plain", 0.16, 170, snapshots("gpt-4.1-mini-2025-04-14")),
  chat("openai", "gpt-4.1-nano", 1_047_576, "brief", 0.09, 240, snapshots("gpt-4.1-nano-2025-04-14")),
  chat("openai", "gpt-5", 400_000, "plain", 0.35, 100, snapshots("gpt-5-2025-08-07")),
  chat("openai", "gpt-5-mini", 400_000, "plain", 0.22, 140, snapshots("gpt-5-mini-2025-08-07")),
  chat("openai", "gpt-5-nano", 400_000, "brief", 0.10, 220, snapshots("gpt-5-nano-2025-08-07")),
  embedding("openai", "text-embedding-3-small", 8_191, 1536, 0.03),
  embedding("openai", "text-embedding-3-large", 8_191, 3072, 0.05),
  embedding("openai", "text-embedding-ada-002", 8_191, 1536, 0.04),

  chat("azure", "gpt-4o-mini", 128_000, "measured", 0.20, 140, snapshots("gpt-4o-mini-2024-07-18")),
  chat("azure", "gpt-4o", 128_000, "measured", 0.28, 110, snapshots("gpt-4o-2024-11-20", "gpt-4o-2024-08-06")),
  chat("azure", "gpt-4.1-mini", 1_047_576, "measured", 0.20, 150, snapshots("gpt-4.1-mini-2025-04-14")),
  embedding("azure", "text-embedding-3-small", 8_191, 1536, 0.04),

  chat("anthropic", "claude-haiku-5-5", 1_000_000, "warm", 0.18, 160, SIGHT),
  chat("anthropic", "claude-sonnet-5-5", 1_000_000, "warm", 0.30, 100, SIGHT),
  chat("anthropic", "claude-opus-5-5", 1_000_000, "warm", 0.35, 90, SIGHT),
  chat("anthropic", "claude-fable-5-1", 1_000_000, "warm", 0.35, 80, SIGHT),
  chat("anthropic", "claude-mythos-5-1", 1_000_000, "warm", 0.35, 80, SIGHT),
  chat("anthropic", "claude-sonnet-5", 1_000_000, "warm", 0.30, 95, SIGHT),
  chat("anthropic", "claude-opus-5", 1_000_000, "warm", 0.35, 85, SIGHT),
  chat("anthropic", "claude-fable-5", 1_000_000, "warm", 0.35, 80, SIGHT),
  chat("anthropic", "claude-mythos-5", 1_000_000, "warm", 0.35, 80, SIGHT),
  chat("anthropic", "claude-opus-4-8", 1_000_000, "warm", 0.35, 80, SIGHT),
  chat("anthropic", "claude-opus-4-7", 1_000_000, "warm", 0.35, 80, SIGHT),
  chat("anthropic", "claude-opus-4-6", 1_000_000, "warm", 0.35, 80, SIGHT),
  chat("anthropic", "claude-sonnet-4-6", 1_000_000, "warm", 0.30, 90, SIGHT),
  chat("anthropic", "claude-opus-4-5", 200_000, "warm", 0.35, 80, dated("claude-opus-4-5-20251101")),
  chat("anthropic", "claude-haiku-4-5", 200_000, "warm", 0.18, 150, dated("claude-haiku-4-5-20251001")),
  chat("anthropic", "claude-sonnet-4-5", 200_000, "warm", 0.30, 90, dated("claude-sonnet-4-5-20250929")),

  chat("bedrock", "meta.llama2-13b-chat-v1", 4_096, "chatty", 0.25, 90),
  chat("bedrock", "meta.llama3-8b-instruct-v1:0", 8_192, "friendly", 0.15, 160),
  chat("bedrock", "us.meta.llama3-1-8b-instruct-v1:0", 128_000, "friendly", 0.14, 170),
  chat("bedrock", "us.meta.llama3-1-70b-instruct-v1:0", 128_000, "friendly", 0.24, 100),
  chat("bedrock", "us.meta.llama3-3-70b-instruct-v1:0", 128_000, "friendly", 0.24, 100),
  chat("bedrock", "us.amazon.nova-micro-v1:0", 128_000, "crisp", 0.08, 260),
  chat("bedrock", "us.amazon.nova-lite-v1:0", 300_000, "crisp", 0.12, 200, SIGHT),
  chat("bedrock", "us.amazon.nova-pro-v1:0", 300_000, "crisp", 0.18, 140, SIGHT),
  chat("bedrock", "us.amazon.nova-2-lite-v1:0", 1_000_000, "crisp", 0.14, 180, SIGHT),
  chat("bedrock", "mistral.mistral-large-2402-v1:0", 32_000, "plain", 0.26, 90),
  chat("bedrock", "cohere.command-r-v1:0", 128_000, "plain", 0.20, 120),
  chat("bedrock", "anthropic.claude-3-haiku-20240307-v1:0", 200_000, "warm", 0.20, 140, SIGHT),
  chat("bedrock", "anthropic.claude-3-sonnet-20240229-v1:0", 200_000, "warm", 0.30, 80, SIGHT),
  chat("bedrock", "anthropic.claude-3-5-sonnet-20240620-v1:0", 200_000, "warm", 0.30, 80, SIGHT),
  chat("bedrock", "us.anthropic.claude-3-7-sonnet-20250219-v1:0", 200_000, "warm", 0.30, 80, SIGHT),
  chat("bedrock", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", 200_000, "warm", 0.30, 90, SIGHT),
  chat("bedrock", "us.anthropic.claude-haiku-4-5-20251001-v1:0", 200_000, "warm", 0.22, 140, SIGHT),
  embedding("bedrock", "amazon.titan-embed-text-v1", 8_192, 1536, 0.04),
  embedding("bedrock", "amazon.titan-embed-text-v2:0", 8_192, 1024, 0.04),
  embedding("bedrock", "cohere.embed-english-v3", 512, 1024, 0.04),
  embedding("bedrock", "cohere.embed-multilingual-v3", 512, 1024, 0.04),
  embedding("bedrock", "us.cohere.embed-v4:0", 128_000, 1536, 0.05),

  chat("vertex_ai", "gemini-1.5-pro", 2_097_152, "marked", 0.28, 110, SIGHT),
  chat("vertex_ai", "gemini-1.5-flash", 1_048_576, "marked", 0.14, 200, SIGHT),
  chat("vertex_ai", "gemini-2.0-flash", 1_048_576, "marked", 0.14, 200, SIGHT),
  chat("vertex_ai", "gemini-2.5-flash", 1_048_576, "marked", 0.16, 200, SIGHT),
  chat("vertex_ai", "gemini-2.5-flash-lite", 1_048_576, "bulleted", 0.09, 270, SIGHT),
  chat("vertex_ai", "gemini-2.5-pro", 1_048_576, "marked", 0.32, 110, SIGHT),
  chat("vertex_ai", "gemini-3-flash-preview", 1_048_576, "marked", 0.16, 200, SIGHT),
  chat("vertex_ai", "gemini-3-pro-preview", 1_048_576, "marked", 0.32, 110, SIGHT),
  chat("vertex_ai", "gemini-3.1-flash-lite", 1_048_576, "bulleted", 0.08, 290, SIGHT),
  chat("vertex_ai", "gemini-3.1-pro-preview", 1_048_576, "marked", 0.32, 110, SIGHT),
  chat("vertex_ai", "gemini-3.5-flash", 1_048_576, "marked", 0.15, 210, SIGHT),
  chat("vertex_ai", "gemini-3.5-flash-lite", 1_048_576, "bulleted", 0.08, 300, SIGHT),
  chat("vertex_ai", "gemini-3.8-flash", 1_048_576, "marked", 0.15, 220, SIGHT),
  embedding("vertex_ai", "text-embedding-004", 2_048, 768, 0.04),
  embedding("vertex_ai", "text-embedding-005", 2_048, 768, 0.04),
  embedding("vertex_ai", "text-multilingual-embedding-002", 2_048, 768, 0.04),
  embedding("vertex_ai", "gemini-embedding-001", 2_048, 3072, 0.05),
  embedding("vertex_ai", "gemini-embedding-2", 8_192, 3072, 0.05),

  chat("gemini", "gemini-3.1-flash-lite", 1_048_576, "bulleted", 0.07, 300, SIGHT),
  chat("gemini", "gemini-2.0-flash", 1_048_576, "marked", 0.13, 210, SIGHT),
  chat("gemini", "gemini-2.0-flash-lite", 1_048_576, "bulleted", 0.08, 280, SIGHT),
  chat("gemini", "gemini-2.5-flash", 1_048_576, "marked", 0.14, 210, SIGHT),
  chat("gemini", "gemini-2.5-flash-lite", 1_048_576, "bulleted", 0.08, 280, SIGHT),
  chat("gemini", "gemini-2.5-pro", 1_048_576, "marked", 0.30, 110, SIGHT),
  chat("gemini", "gemini-3-flash-preview", 1_048_576, "marked", 0.14, 210, SIGHT),
  chat("gemini", "gemini-3-pro-preview", 1_048_576, "marked", 0.30, 110, SIGHT),
  chat("gemini", "gemini-3.1-pro-preview", 1_048_576, "marked", 0.30, 110, SIGHT),
  chat("gemini", "gemini-3.5-flash", 1_048_576, "marked", 0.13, 220, SIGHT),
  chat("gemini", "gemini-3.5-flash-lite", 1_048_576, "bulleted", 0.07, 300, SIGHT),
  chat("gemini", "gemini-3.8-flash", 1_048_576, "marked", 0.13, 230, SIGHT),
  chat("gemini", "gemini-flash-latest", 1_048_576, "marked", 0.13, 230, dated("gemini-3.8-flash")),
  chat("gemini", "gemini-flash-lite-latest", 1_048_576, "bulleted", 0.07, 300, dated("gemini-3.5-flash-lite")),
  chat("gemini", "gemini-pro-latest", 1_048_576, "marked", 0.30, 110, dated("gemini-3.1-pro-preview")),
  embedding("gemini", "gemini-embedding-001", 2_048, 3072, 0.05),
  embedding("gemini", "gemini-embedding-2", 8_192, 3072, 0.05),

  chat("ollama", "phi3", 4_096, "teacher", 0.20, 80),
  chat("ollama", "llama3.2", 131_072, "friendly", 0.18, 90),
  embedding("ollama", "nomic-embed-text", 8_192, 768, 0.03),
];
