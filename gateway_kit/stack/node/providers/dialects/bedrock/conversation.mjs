// The rules of a conversation at Converse: turns alternate, and each tool use has its result in the next turn.

import { fromModel, invalid } from "./words.mjs";

const idsIn = (message, member, id) => message.content.filter((block) => block[member]).map((block) => block[member][id]);
const usesIn = (message) => idsIn(message, "toolUse", "toolUseId");
const resultsIn = (message) => idsIn(message, "toolResult", "toolUseId");

/** Raises Bedrock's 400 for the first rule that the messages break; `toolConfig` says whether tools are declared. */
export function checkConversation(messages, toolConfig, abilities) {
  checkTurns(messages, abilities);
  const withTools = messages.some((message) => usesIn(message).length || resultsIn(message).length);
  if (withTools && !toolConfig) throw invalid("The toolConfig field must be defined when using toolUse and toolResult content blocks.");
  for (let index = 0; index <= messages.length; index += 1) checkPairs(messages[index - 1], messages[index], index);
}

function checkTurns(messages, abilities) {
  if (messages.length === 0 || messages[0].role !== "user") {
    throw invalid("A conversation must start with a user message. Try again with a conversation that starts with a user message.");
  }
  for (let index = 1; index < messages.length; index += 1) {
    if (messages[index].role === messages[index - 1].role) {
      throw invalid("A conversation must alternate between user and assistant roles. Make sure the conversation alternates between user and assistant roles and try again.");
    }
  }
  if (messages.at(-1).role === "assistant" && !abilities.prefill) {
    throw invalid("A conversation must end with a user message. Try again with a conversation that ends with a user message.");
  }
}

// The results in a message answer the tool uses of the message before it: all of them, and no others.
function checkPairs(before, message, index) {
  const uses = before ? usesIn(before) : [];
  const results = message ? resultsIn(message) : [];
  if (message?.role === "user" && usesIn(message).length) throw fromModel(`messages.${index}: tool_use blocks can only be in assistant messages`);
  if (message?.role === "assistant" && results.length) throw fromModel(`messages.${index}: tool_result blocks can only be in user messages`);
  if (uses.length === 0 && results.length === 0) return;
  const place = `messages.${index}.content`;
  if (new Set(uses).size < uses.length) throw invalid(`The toolUse blocks at messages.${index - 1}.content contain duplicate Ids: ${repeated(uses)}`);
  if (results.length > uses.length) throw invalid(`The number of toolResult blocks at ${place} exceeds the number of toolUse blocks of previous turn.`);
  const missing = uses.filter((id) => !results.includes(id));
  if (missing.length) throw invalid(`Expected toolResult blocks at ${place} for the following Ids: ${missing.join(", ")}`);
}

const repeated = (ids) => [...new Set(ids.filter((id, index) => ids.indexOf(id) !== index))].join(", ");
