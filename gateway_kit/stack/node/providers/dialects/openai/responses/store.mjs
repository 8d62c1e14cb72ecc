// The responses and conversations that OpenAI would keep: in memory, the newest of them, until a reset.

import { newId } from "./items.mjs";
import { checkId, notFound } from "./words.mjs";

const MOST_RESPONSES = 1_000;
const MOST_CONVERSATIONS = 200;
const MOST_CHARACTERS = 16_000_000;
const NAME = "openai responses";

/** What a key sees: a provider's responses are kept apart by the deployment's label, as by project or resource. */
export function shelfOf(simulator, exchange) {
  if (!simulator.memory.has(NAME)) simulator.memory.set(NAME, new Store());
  return new Shelf(simulator.memory.get(NAME), `${exchange.provider} ${exchange.note.deployment}`);
}

class Store {
  constructor() {
    this.responses = new Map(); // oldest first
    this.conversations = new Map();
    this.items = new Map();
    this.characters = 0;
  }

  keep(record) {
    this.responses.set(record.response.id, record);
    // An item that is sent again stays that of the first response.
    for (const item of record.items()) if (!this.items.has(item.id)) this.items.set(item.id, { record, item });
    this.characters += record.characters;
    while (this.responses.size > MOST_RESPONSES || (this.characters > MOST_CHARACTERS && this.responses.size > 1)) {
      this.drop(this.responses.values().next().value);
    }
  }

  drop(record) {
    this.responses.delete(record.response.id);
    for (const { id } of record.items()) if (this.items.get(id)?.record === record) this.items.delete(id);
    this.characters -= record.characters;
  }
}

/** A stored response: its input's items, all that was read, and what came of it. */
class StoredResponse {
  constructor(shelf, response, { context, own }) {
    Object.assign(this, { shelf, response, context, own, run: null });
    this.characters = lengthOf(own) + lengthOf(response) + 16 * context.length;
  }

  /** The items that came with it. */
  items() {
    return [...this.own, ...this.response.output];
  }

  /** The response as it stands; `run` is that of a response in the background. */
  now() {
    return this.run ? this.run.now() : this.response;
  }
}

// About how much memory a value needs.
function lengthOf(value) {
  if (typeof value === "string") return value.length;
  if (value === null || typeof value !== "object") return 8;
  let sum = 16;
  for (const name in value) sum += lengthOf(value[name]);
  return sum;
}

class Shelf {
  constructor(store, name) {
    Object.assign(this, { store, name });
  }

  /** The stored response, or undefined. */
  response(id) {
    const record = this.store.responses.get(id);
    return record?.shelf === this.name ? record : undefined;
  }

  /** An item of a stored response or conversation, or undefined. */
  item(id) {
    const found = this.store.items.get(id);
    if (found?.record.shelf === this.name) return found.item;
    for (const { shelf, items } of this.store.conversations.values()) {
      const item = shelf === this.name ? items.find((one) => one.id === id) : undefined;
      if (item) return item;
    }
    return undefined;
  }

  keep(response, turn) {
    const record = new StoredResponse(this.name, response, turn);
    this.store.keep(record);
    return record;
  }

  drop(record) {
    this.store.drop(record);
  }

  /** The conversation, or OpenAI's 404. */
  conversation(id, param = "conversation_id") {
    checkId(id, "conv", param);
    const found = this.store.conversations.get(id);
    if (found?.shelf !== this.name) throw notFound(`Conversation with id '${id}' not found.`, param);
    return found;
  }

  newConversation(metadata) {
    const { conversations } = this.store;
    const conversation = { shelf: this.name, id: newId("conv"), created_at: Math.floor(Date.now() / 1000), metadata, items: [], characters: 0 };
    conversations.set(conversation.id, conversation);
    if (conversations.size > MOST_CONVERSATIONS) this.dropConversation(conversations.values().next().value);
    return conversation;
  }

  dropConversation(conversation) {
    this.store.conversations.delete(conversation.id);
    this.store.characters -= conversation.characters;
  }

  /** Adds items to a conversation; the oldest conversations give way if all of them grow too large. */
  add(conversation, items) {
    const { store } = this;
    const characters = lengthOf(items);
    conversation.items.push(...items);
    conversation.characters += characters;
    store.characters += characters;
    while (store.characters > 2 * MOST_CHARACTERS && store.conversations.size > 1) this.dropConversation(store.conversations.values().next().value);
  }
}
