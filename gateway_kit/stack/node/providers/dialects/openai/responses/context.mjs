// What the model reads in a turn: the items before it, and the input's own.

import { refusal } from "../words.mjs";
import { decrypt } from "./encrypted.mjs";
import { complete } from "./items.mjs";
import { checkId, notFound } from "./words.mjs";

/**
 * `{ turns, before, own, conversation }`: the turns before, their items, and those of the input, completed. Raises
 * OpenAI's error if one of them is not found or if they do not fit together.
 */
export function contextOf(body, shelf) {
  const { previous_response_id: previous, conversation: wanted } = body;
  if (previous && wanted) {
    throw refusal("Mutually exclusive parameters: 'previous_response_id' and 'conversation'. Ensure you are only providing one of them.",
      null, "mutually_exclusive_parameters");
  }
  const conversation = wanted ? shelf.conversation(wanted.id ?? wanted, "conversation") : null;
  const turns = previous ? turnsUpTo(previous, shelf) : conversation ? [turnOf(conversation)] : [];
  const before = turns.flatMap((turn) => turn.items());
  const input = typeof body.input === "string" && body.input !== "" ? [{ role: "user", content: body.input }] : body.input || [];
  if (input.length === 0 && !previous && !conversation) {
    throw refusal("One of \"input\" or \"previous_response_id\" or 'prompt' or 'conversation_id' must be provided.", "input", "missing_required_parameter");
  }
  const own = input.map((item, place) => resolve(item, place, shelf));
  checkPairs(before, own);
  return { turns, before, own, conversation };
}

// A conversation as it stands now.
function turnOf({ items }) {
  const now = [...items];
  return { items: () => now };
}

function turnsUpTo(id, shelf) {
  checkId(id, "resp", "previous_response_id");
  const record = shelf.response(id);
  if (!record) throw refusal(`Previous response with id '${id}' not found.`, "previous_response_id", "previous_response_not_found");
  const { status } = record.now();
  if (status === "queued" || status === "in_progress") {
    throw refusal(`Previous response with id '${id}' is not completed: its status is '${status}'.`, "previous_response_id", "invalid_value");
  }
  return [...record.turns, record];
}

const NOT_KEPT = "Items are not persisted when `store` is set to false. Try again with `store` set to true, or remove this item from your input.";

/** The item completed, or the one that it refers to. */
export function resolve(item, place, shelf) {
  const reference = item.type === "item_reference" || (item.type == null && item.role === undefined);
  if (reference) {
    const found = shelf.item(item.id);
    if (!found) throw notFound(`Item with id '${item.id}' not found.`, "input");
    return found;
  }
  if (item.type === "reasoning") checkReasoning(item, shelf);
  return complete(item, place);
}

function checkReasoning({ id, encrypted_content: secret }, shelf) {
  if (secret) decrypt(secret);
  else if (!shelf.item(id)) throw notFound(`Item with id '${id}' not found. ${NOT_KEPT}`, "input");
}

const KINDS = {
  function_call: "function call", function_call_output: "function call", custom_tool_call: "custom tool call", custom_tool_call_output: "custom tool call",
};

// Each call of a tool has an output, and each output its call before it.
function checkPairs(before, own) {
  const open = new Map();
  const called = new Set();
  for (const item of [...before, ...own]) {
    const kind = KINDS[item.type];
    if (!kind) continue;
    const name = `${kind} ${item.call_id}`;
    if (!item.type.endsWith("_output")) {
      called.add(name);
      open.set(name, item);
    } else {
      if (!called.has(name)) throw refusal(`No tool call found for ${kind} output with call_id ${item.call_id}.`, "input");
      open.delete(name);
    }
  }
  for (const [name] of open) throw refusal(`No tool output found for ${name}.`, "input");
}
