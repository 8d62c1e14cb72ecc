// Paths of the Responses API and of conversations, at OpenAI and at Azure.

import { decodePart } from "../../shared.mjs";
import { versioned } from "../azure.mjs";
import { compact } from "./compact.mjs";
import * as conversations from "./conversations.mjs";
import { SOCKET_LIMIT, cancel, countInput, listInput, refuse, remove, respond, retrieve } from "./operations.mjs";

// By method and path, each after the base; ID and ITEM stand for parts of the caller's.
const OPERATIONS = {
  "POST responses": { operate: respond, idPrefix: "resp_" },
  "POST responses/input_tokens": { operate: countInput, question: true },
  "POST responses/compact": { operate: compact, idPrefix: "resp_" },
  "GET responses": { operate: refuse(SOCKET_LIMIT), question: true },
  "GET responses/ID": { operate: retrieve, question: true },
  "DELETE responses/ID": { operate: remove, question: true },
  "POST responses/ID/cancel": { operate: cancel, question: true, bodyless: true },
  "GET responses/ID/input_items": { operate: listInput, question: true },
  "POST conversations": { operate: conversations.create, question: true },
  "GET conversations/ID": { operate: conversations.retrieve, question: true },
  "POST conversations/ID": { operate: conversations.update, question: true },
  "DELETE conversations/ID": { operate: conversations.remove, question: true },
  "GET conversations/ID/items": { operate: conversations.listItems, question: true },
  "POST conversations/ID/items": { operate: conversations.addItems, question: true },
  "GET conversations/ID/items/ITEM": { operate: conversations.retrieveItem, question: true },
  "DELETE conversations/ID/items/ITEM": { operate: conversations.removeItem, question: true },
};

const PATH = /^\/(v1|openai\/v1|openai)\/(responses|conversations)(?:\/([^/]+)(?:\/([^/]+)(?:\/([^/]+))?)?)?$/;

/** The route of a request, or null. */
export function findResponsesRoute(method, path) {
  const match = PATH.exec(path);
  if (!match) return null;
  const [, base, kind, first, second, third] = match;
  const exact = OPERATIONS[`${method} ${[kind, first, second, third].filter(Boolean).join("/")}`];
  const found = exact ?? OPERATIONS[`${method} ${[kind, first && "ID", second, third && "ITEM"].filter(Boolean).join("/")}`];
  if (!found) return null;
  const operate = base === "openai" ? versioned(found.operate) : found.operate;
  return { ...found, operate, provider: base === "v1" ? "openai" : "azure", id: first && decodePart(first), item: third && decodePart(third) };
}
