// Chat completions that were asked to be stored: in memory, the newest of them, until a reset.

import { checkFields } from "../fields.mjs";
import { decodePart } from "../shared.mjs";
import { METADATA } from "./chat_fields.mjs";
import { listPage, readQuery } from "./responses/lists.mjs";
import { notFound } from "./responses/words.mjs";
import { WORDS } from "./words.mjs";

const NAME = "openai chat completions";
const MOST = 200;
const MOST_CHARACTERS = 8_000_000;

/** What is stored of a provider: the JSON of each completion and its messages by id, oldest first. */
function shelf(simulator, provider) {
  const name = `${NAME} ${provider}`;
  if (!simulator.memory.has(name)) simulator.memory.set(name, new Map());
  return simulator.memory.get(name);
}

/** A function that stores a completion to this request. */
export const keeper = (simulator, provider, body) => (completion) => {
  const stored = shelf(simulator, provider);
  stored.set(completion.id, JSON.stringify({ completion: { ...completion, metadata: body.metadata ?? {} }, messages: body.messages }));
  let characters = 0;
  for (const text of stored.values()) characters += text.length;
  for (const [id, text] of stored) {
    if (stored.size <= MOST && characters <= MOST_CHARACTERS) break;
    stored.delete(id);
    characters -= text.length;
  }
};

function find(simulator, route) {
  const text = shelf(simulator, route.provider).get(route.id);
  if (text === undefined) throw notFound(`Chat completion with id '${route.id.slice(0, 100)}' not found.`);
  return JSON.parse(text);
}

function retrieve(simulator, exchange, route) {
  exchange.json(200, find(simulator, route).completion);
}

function remove(simulator, exchange, route) {
  find(simulator, route);
  shelf(simulator, route.provider).delete(route.id);
  exchange.json(200, { object: "chat.completion.deleted", id: route.id, deleted: true });
}

const CHANGES = { metadata: { ...METADATA, required: true } };

function update(simulator, exchange, route, body) {
  const record = find(simulator, route);
  checkFields(CHANGES, body, WORDS);
  record.completion.metadata = body.metadata;
  shelf(simulator, route.provider).set(route.id, JSON.stringify(record));
  exchange.json(200, record.completion);
}

function list(simulator, exchange, route, _body, query) {
  const { model, metadata: _wanted, ...page } = readQuery(dropLabels(query), ["after", "limit", "order", "model", "metadata"]);
  const labels = [...query].flatMap(([name, value]) => (/^metadata\[(.+)\]$/.test(name) ? [[name.slice(9, -1), value]] : []));
  const all = [...shelf(simulator, route.provider).values()].map((text) => JSON.parse(text).completion);
  const fits = (one) => (model === undefined || one.model === model) && labels.every(([name, value]) => one.metadata[name] === value);
  exchange.json(200, listPage(all.filter(fits), { order: "asc", ...page }));
}

const dropLabels = (query) => [...query].filter(([name]) => !/^metadata\[.+\]$/.test(name));

function listMessages(simulator, exchange, route, _body, query) {
  const { completion, messages } = find(simulator, route);
  const items = messages.map((message, index) => {
    const parts = Array.isArray(message.content) ? message.content : null;
    return { ...message, id: `${completion.id}-${index}`, content: parts ? null : message.content ?? null, content_parts: parts, refusal: null };
  });
  exchange.json(200, listPage(items, { order: "asc", ...readQuery(query, ["after", "limit", "order"]) }));
}

// By method and what follows chat/completions.
const OPERATIONS = { GET: list, "GET ID": retrieve, "POST ID": update, "DELETE ID": remove, "GET ID messages": listMessages };
const PATH = /^\/(v1|openai\/v1)\/chat\/completions(?:\/([^/]+)(\/messages)?)?$/;

/** The route of a request about stored completions, or null. */
export function findStored(method, path) {
  const [, base, id, messages] = PATH.exec(path) ?? [];
  if (base === undefined) return null;
  const operate = OPERATIONS[[method, id && "ID", messages && "messages"].filter(Boolean).join(" ")];
  return operate ? { provider: base === "v1" ? "openai" : "azure", operate, question: true, id: id && decodePart(id) } : null;
}
