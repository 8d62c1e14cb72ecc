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
    this.items = new Map(); // the response of each item, by the item's id
    this.characters = 0;
  }

  keep(record) {
    this.responses.set(record.id, record);
    // An item that is sent again stays that of the first response.
    for (const id of record.itemIds) if (!this.items.has(id)) this.items.set(id, record);
    this.characters += record.characters;
    while (this.responses.size > MOST_RESPONSES || (this.characters > MOST_CHARACTERS && this.responses.size > 1)) {
      this.drop(this.responses.values().next().value);
    }
  }

  drop(record) {
    this.responses.delete(record.id);
    for (const id of record.itemIds) if (this.items.get(id) === record) this.items.delete(id);
    this.characters -= record.characters;
  }
}

/**
 * A stored response, the items of its input, and the turns before it. It is kept as JSON, which needs a quarter of the
 * memory that the objects would.
 */
class StoredResponse {
  constructor(shelf, response, { own, turns }) {
    Object.assign(this, { shelf, turns, id: response.id, run: null, source: null });
    this.text = JSON.stringify(response);
    this.own = JSON.stringify(own);
    this.itemIds = [...own, ...response.output].map((item) => item.id);
    this.characters = this.text.length + this.own.length + 8 * turns.length;
  }

  /** The response as it stands; `run` is that of a response in the background. */
  now() {
    return this.run ? this.run.now() : JSON.parse(this.text);
  }

  /** What the model read. */
  input() {
    return [...this.turns.flatMap((turn) => turn.items()), ...JSON.parse(this.own)];
  }

  /** The items that came with this turn. */
  items() {
    return [...JSON.parse(this.own), ...JSON.parse(this.text).output];
  }
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
    const record = this.store.items.get(id);
    if (record?.shelf === this.name) return record.items().find((item) => item.id === id);
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
    const characters = JSON.stringify(items).length;
    conversation.items.push(...items);
    conversation.characters += characters;
    store.characters += characters;
    while (store.characters > 2 * MOST_CHARACTERS && store.conversations.size > 1) this.dropConversation(store.conversations.values().next().value);
  }
}
