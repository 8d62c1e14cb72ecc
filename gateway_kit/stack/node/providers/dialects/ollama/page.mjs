// What of Ollama is simulated, for the simulator's own page.

import { CHAT_FIELDS, EMBEDDINGS_FIELDS, EMBED_FIELDS, GENERATE_FIELDS, SHOW_FIELDS } from "./fields.mjs";

export { REFUSED_PATHS } from "./limits.mjs";

const question = "What is the capital of France?";
const operation = (title, path, fields, body, notes = []) => ({ title, method: "POST", path, fields, notes, unknown: "ignored", request: { path, body } });

export const PAGE = [
  operation("Chat", "/api/chat", CHAT_FIELDS, { model: "phi3", messages: [{ role: "user", content: question }], stream: false }, [
    "Of a conversation that is too long the oldest messages are left out in silence, as by Ollama, unless `truncate` is `false`; a last message that is too long is refused.",
    "The durations share out the time that the answer took; `logprobs` are made up.",
    "Ollama's OpenAI-compatible paths under `/v1` are OpenAI's here: call them with OpenAI's models.",
  ]),
  operation("Generate", "/api/generate", GENERATE_FIELDS, { model: "phi3", prompt: question, stream: false }, [
    "`context` in an answer stands for the conversation, which goes on when it is sent again.",
  ]),
  operation("Embed", "/api/embed", EMBED_FIELDS, { model: "nomic-embed-text", input: "The capital of France" }, [
    "The vectors are those of the small local model. Models that chat make some too.",
  ]),
  operation("Embeddings (older)", "/api/embeddings", EMBEDDINGS_FIELDS, { model: "nomic-embed-text", prompt: "The capital of France" }),
  operation("Show a model", "/api/show", SHOW_FIELDS, { model: "phi3" }),
  { title: "Pull a model", method: "POST", path: "/api/pull", notes: ["Succeeds at once for the simulated models and any tag of theirs."] },
  { title: "Models", method: "GET", path: "/api/tags", notes: ["Also `GET /api/ps`, the models that were used and are still loaded, and `GET /api/version`."] },
];
