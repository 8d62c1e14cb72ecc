// Which message of OpenAI's chat completions may follow which, and which needs content.

import { refusal } from "./words.mjs";

const STANDS_FOR_CONTENT = ["tool_calls", "function_call", "refusal", "audio"];
const absent = (value) => value === undefined || value === null;

export function checkMessages(messages) {
  let open = null; // the assistant's message whose calls are being answered: { index, ids, known }
  for (const [index, message] of messages.entries()) {
    if (message.role === "tool") answer(open, message, index);
    else {
      checkAnswered(open);
      open = openCalls(message, index);
    }
    checkContent(message, index);
  }
  checkAnswered(open);
}

function openCalls({ role, tool_calls: calls }, index) {
  if (role !== "assistant" || !calls) return null;
  const ids = calls.map((call) => call.id);
  return { index, known: new Set(ids), ids: new Set(ids) };
}

function answer(open, message, index) {
  if (absent(message.tool_call_id)) {
    throw refusal("Missing parameter 'tool_call_id': messages with role 'tool' must have a 'tool_call_id'.", `messages.[${index}].tool_call_id`);
  }
  if (!open) {
    throw refusal("Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.", `messages.[${index}].role`);
  }
  if (!open.known.has(message.tool_call_id)) {
    throw refusal(`Invalid parameter: 'tool_call_id' of '${message.tool_call_id.slice(0, 100)}' not found in 'tool_calls' of previous message.`, `messages.[${index}].tool_call_id`);
  }
  open.ids.delete(message.tool_call_id);
}

function checkAnswered(open) {
  if (!open || open.ids.size === 0) return;
  throw refusal("An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. "
    + `The following tool_call_ids did not have response messages: ${[...open.ids].join(", ").slice(0, 1_000)}`, `messages.[${open.index}].role`);
}

function checkContent(message, index) {
  if (!absent(message.content)) return;
  if (message.role === "assistant" && STANDS_FOR_CONTENT.some((name) => !absent(message[name]))) return;
  throw refusal("Invalid value for 'content': expected a string, got null.", `messages.[${index}].content`);
}
