// What can be done with OpenAI's responses: make, retrieve, delete and cancel them, list their input, count tokens.

import { ProviderError } from "../../../errors.mjs";
import { chat } from "../../../operations/chat.mjs";
import { countPromptTokens } from "../../../tokens.mjs";
import { refusal } from "../words.mjs";
import * as background from "./background.mjs";
import { TOKEN_FIELDS } from "./fields.mjs";
import * as format from "./format.mjs";
import { listPage, readQuery } from "./lists.mjs";
import { read } from "./read.mjs";
import { shelfOf } from "./store.mjs";
import { checkId, inOwnWords, notFound } from "./words.mjs";

/** POST /v1/responses */
export async function respond(simulator, exchange, route, body) {
  const shelf = shelfOf(simulator, exchange);
  const keep = (context, response) => {
    const { turn } = context.call;
    if (context.body.store !== false) context.record = Object.assign(shelf.keep(response, turn), { source: exchange.note.source });
    context.addToConversation = () => turn.conversation && shelf.add(turn.conversation, [...turn.own, ...response.output]);
    if (!body.background) context.addToConversation();
  };
  const deliver = body.background === true ? background.deliver : undefined;
  try {
    await chat(simulator, exchange, { ...route, dialect: format, shelf, keep, deliver }, body);
  } catch (error) {
    throw inOwnWords(error, route.provider);
  }
}

function find(simulator, exchange, id) {
  checkId(id, "resp", "response_id");
  const record = shelfOf(simulator, exchange).response(id);
  if (!record) throw notFound(`Response with id '${id}' not found.`);
  exchange.note.source = record.source;
  return record;
}

/** GET /v1/responses/{id} */
export async function retrieve(simulator, exchange, route, _body, query) {
  const asked = readQuery(query, ["include", "stream", "starting_after", "include_obfuscation"]);
  const record = find(simulator, exchange, route.id);
  if (asked.stream !== "true") return exchange.json(200, record.now());
  if (!record.run?.events) {
    throw refusal("Only a response that was created with 'background' and 'stream' set to true can be streamed again.", "stream", "invalid_value");
  }
  const after = Number(asked.starting_after ?? -1);
  if (!Number.isInteger(after)) throw refusal("Invalid type for 'starting_after': expected an integer, but got a string instead.", "starting_after", "invalid_type");
  return record.run.send(exchange, format.contentType, { after, padded: asked.include_obfuscation !== "false" });
}

/** DELETE /v1/responses/{id} */
export function remove(simulator, exchange, route) {
  shelfOf(simulator, exchange).drop(find(simulator, exchange, route.id));
  exchange.json(200, { id: route.id, object: "response", deleted: true });
}

/** POST /v1/responses/{id}/cancel */
export function cancel(simulator, exchange, route) {
  const record = find(simulator, exchange, route.id);
  if (!record.run) throw refusal("Cannot cancel a synchronous response.");
  const cancelled = record.run.cancel();
  if (!cancelled) throw refusal("Cannot cancel a completed response.");
  exchange.json(200, cancelled);
}

/** GET /v1/responses/{id}/input_items */
export function listInput(simulator, exchange, route, _body, query) {
  const asked = readQuery(query, ["include", "after", "limit", "order"]);
  exchange.json(200, listPage(find(simulator, exchange, route.id).input(), asked));
}

/** POST /v1/responses/input_tokens */
export function countInput(simulator, exchange, route, body) {
  try {
    const call = read(body, { ...route, shelf: shelfOf(simulator, exchange) }, simulator, TOKEN_FIELDS);
    if (body.model) simulator.findModel(exchange, body.model, "chat");
    exchange.json(200, { object: "response.input_tokens", input_tokens: countPromptTokens(call.messages, call.tools) });
  } catch (error) {
    throw inOwnWords(error, route.provider);
  }
}

/** An operation that is refused. */
export const refuse = (limit) => () => {
  throw new ProviderError("not_simulated", { message: limit });
};

export const SOCKET_LIMIT = "A WebSocket connection to the Responses API is not simulated; use POST with stream.";
