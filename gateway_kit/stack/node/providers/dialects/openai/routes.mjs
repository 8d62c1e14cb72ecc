// Paths of OpenAI and Azure OpenAI.

import { chat } from "../../operations/chat.mjs";
import { embeddings } from "../../operations/embeddings.mjs";
import { decodePart } from "../shared.mjs";
import { versioned } from "./azure.mjs";
import * as chatCompletions from "./chat.mjs";
import { completions } from "./completions.mjs";
import { EMBEDDINGS } from "./embeddings.mjs";
import { generateImages } from "./image_generation.mjs";
import { listModels, retrieveModel } from "./models.mjs";
import { moderations } from "./moderations.mjs";
import { findRefused } from "./refused.mjs";
import { findResponsesRoute } from "./responses/routes.mjs";
import { findStored } from "./stored.mjs";

// At OpenAI after /v1/, at Azure after /openai/v1/ or /openai/deployments/NAME/.
const OPERATIONS = {
  "chat/completions": { operate: chat, dialect: chatCompletions, idPrefix: "chatcmpl-" },
  completions: { operate: completions, idPrefix: "cmpl-" },
  embeddings: { operate: embeddings, form: EMBEDDINGS, idPrefix: "embd-" },
  "images/generations": { operate: generateImages, idPrefix: "img_" },
};
const ONLY_OPENAI = { moderations: { operate: moderations, idPrefix: "modr-" } };

const PLACE = /^\/(v1|openai\/v1|openai\/deployments\/([^/]+))\/(.+)$/;
const MODELS = /^\/(v1|openai\/v1|openai)\/models(?:\/([^/]+))?$/;

const BY_METHOD = { GET: findModels, POST: findOperation };

export function findRoute(method, path) {
  return findResponsesRoute(method, path) ?? BY_METHOD[method]?.(path) ?? findStored(method, path) ?? findRefused(method, path);
}

function findOperation(path) {
  const [, place, deployment, name] = PLACE.exec(path) ?? [];
  if (place === undefined) return null;
  if (place === "v1") {
    const operation = OPERATIONS[name] ?? ONLY_OPENAI[name];
    return operation ? { provider: "openai", ...operation } : null;
  }
  const operation = OPERATIONS[name];
  if (!operation) return null;
  if (deployment === undefined) return { provider: "azure", ...operation };
  return { provider: "azure", ...operation, operate: versioned(operation.operate), model: decodePart(deployment) };
}

function findModels(path) {
  const [, place, name] = MODELS.exec(path) ?? [];
  if (place === undefined) return null;
  const operate = name === undefined ? listModels : retrieveModel;
  const provider = place === "v1" ? "openai" : "azure";
  return { provider, question: true, operate: place === "openai" ? versioned(operate) : operate, model: name === undefined ? undefined : decodePart(name) };
}
