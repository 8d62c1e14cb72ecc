// OpenAI's conversations: lists of items that responses read and add to.

import { checkFields } from "../../fields.mjs";
import { METADATA } from "../chat_fields.mjs";
import { resolve } from "./context.mjs";
import { items } from "./input_fields.mjs";
import { listPage, readQuery } from "./lists.mjs";
import { shelfOf } from "./store.mjs";
import { WORDS, notFound } from "./words.mjs";

const MOST_ITEMS = 20;

export const CREATE_FIELDS = { items: items({ max: MOST_ITEMS, note: "Up to 20 items to begin with." }), metadata: METADATA };
const UPDATE_FIELDS = { metadata: { ...METADATA, required: true } };
const ADD_FIELDS = { items: items({ max: MOST_ITEMS, required: true, note: "Up to 20 items." }) };

const describe = ({ id, created_at, metadata }) => ({ id, object: "conversation", created_at, metadata });

/** POST /v1/conversations */
export function create(simulator, exchange, _route, body) {
  checkFields(CREATE_FIELDS, body, WORDS);
  const shelf = shelfOf(simulator, exchange);
  const begun = (body.items ?? []).map((item, place) => resolve(item, place, shelf));
  const conversation = shelf.newConversation(body.metadata ?? {});
  shelf.add(conversation, begun);
  exchange.json(200, describe(conversation));
}

const find = (simulator, exchange, { id }) => shelfOf(simulator, exchange).conversation(id);

/** GET /v1/conversations/{id} */
export function retrieve(simulator, exchange, route) {
  exchange.json(200, describe(find(simulator, exchange, route)));
}

/** POST /v1/conversations/{id} */
export function update(simulator, exchange, route, body) {
  const conversation = find(simulator, exchange, route);
  checkFields(UPDATE_FIELDS, body, WORDS);
  conversation.metadata = body.metadata ?? {};
  exchange.json(200, describe(conversation));
}

/** DELETE /v1/conversations/{id} */
export function remove(simulator, exchange, route) {
  const conversation = find(simulator, exchange, route);
  shelfOf(simulator, exchange).dropConversation(conversation);
  exchange.json(200, { id: conversation.id, object: "conversation.deleted", deleted: true });
}

/** GET /v1/conversations/{id}/items */
export function listItems(simulator, exchange, route, _body, query) {
  const asked = readQuery(query, ["include", "after", "limit", "order"]);
  exchange.json(200, listPage(find(simulator, exchange, route).items, asked));
}

/** POST /v1/conversations/{id}/items */
export function addItems(simulator, exchange, route, body) {
  const conversation = find(simulator, exchange, route);
  checkFields(ADD_FIELDS, body, WORDS);
  const shelf = shelfOf(simulator, exchange);
  const added = body.items.map((item, place) => resolve(item, place, shelf));
  shelf.add(conversation, added);
  exchange.json(200, listPage(added, { order: "asc" }));
}

function findItem(conversation, id) {
  const item = conversation.items.find((one) => one.id === id);
  if (!item) throw notFound(`Item with id '${id}' not found in conversation with id '${conversation.id}'.`, "item_id");
  return item;
}

/** GET /v1/conversations/{id}/items/{item} */
export function retrieveItem(simulator, exchange, route) {
  exchange.json(200, findItem(find(simulator, exchange, route), route.item));
}

/** DELETE /v1/conversations/{id}/items/{item} */
export function removeItem(simulator, exchange, route) {
  const conversation = find(simulator, exchange, route);
  const item = findItem(conversation, route.item);
  conversation.items = conversation.items.filter((one) => one !== item);
  exchange.json(200, describe(conversation));
}
