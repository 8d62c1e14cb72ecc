// Paths of Ollama.

import { chat } from "../../operations/chat.mjs";
import { embeddings } from "../../operations/embeddings.mjs";
import * as conversation from "./chat.mjs";
import { listModels, show, version } from "./models.mjs";

const at = (operate, extra = {}) => ({ provider: "ollama", operate, ...extra });

const ROUTES = {
  "POST /api/chat": at(chat, { dialect: conversation }),
  "POST /api/generate": at(chat, { dialect: conversation, generate: true }),
  "POST /api/embed": at(embeddings, { form: "ollama" }),
  "POST /api/embeddings": at(embeddings, { form: "ollama_single" }),
  "POST /api/show": at(show, { question: true }),
  "GET /api/tags": at(listModels, { question: true }),
  "GET /api/version": at(version, { question: true }),
};

export const findRoute = (method, path) => ROUTES[`${method} ${path}`] ?? null;
