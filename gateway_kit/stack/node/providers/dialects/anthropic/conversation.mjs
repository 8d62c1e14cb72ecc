// The rules of a conversation that no single field shows: which blocks stand where, and which tool results belong to which calls.

import { checkBlock } from "./thinking.mjs";
import { NEWEST_VERSION } from "./headers.mjs";
import { refusal } from "./words.mjs";

const MOST_BREAKPOINTS = 4;
const IN_ASSISTANT = new Set(["tool_use", "thinking", "redacted_thinking"]);
const IN_USER = new Set(["tool_result", "image"]);

/** Raises Anthropic's 400 for the first rule that the messages break. `claude` is what the model can, if it is known. */
export function checkConversation(body, { claude, thinks, version }) {
  const { messages } = body;
  for (const [index, message] of messages.entries()) checkMessage(message, index, index === messages.length - 1, { claude, version });
  checkTools(messages);
  checkBreakpoints(body);
  if (body.stop_sequences?.some((stop) => stop.trim() === "")) throw refusal("stop_sequences: each stop sequence must contain non-whitespace");
  const last = messages.at(-1);
  if (last.role === "assistant") checkPrefill(last, claude);
  if (thinks && body.thinking?.type === "enabled") checkThinkingFirst(messages);
}

function checkMessage({ role, content }, index, last, { claude, version }) {
  if (role === "system" && claude && !claude.systemTurns) {
    throw refusal('messages: Unexpected role "system". The Messages API accepts a top-level `system` parameter, not "system" as an input message role.');
  }
  if (content.length === 0) {
    if (last && role === "assistant") return;
    throw refusal(`messages.${index}: all messages must have non-empty content except for the optional final assistant message`);
  }
  if (typeof content === "string") {
    if (content.trim() === "") throw refusal("messages: text content blocks must contain non-whitespace text");
    return;
  }
  for (const [at, block] of content.entries()) checkPlace(block, role, ["messages", index, "content", at], version);
}

function checkPlace(block, role, path, version) {
  const { type } = block;
  if (type === "text") {
    if (block.text === "") throw refusal(block.cache_control ? `${path.join(".")}.text: cache_control cannot be set for empty text blocks` : "messages: text content blocks must be non-empty");
    if (block.text.trim() === "") throw refusal("messages: text content blocks must contain non-whitespace text");
    if (version === NEWEST_VERSION && role === "user" && block.citations?.length) throw refusal(`${path.join(".")}.text.citations: citations are only permitted in assistant messages`);
    return;
  }
  const wrong = role === "system" || (role === "user" && IN_ASSISTANT.has(type)) || (role === "assistant" && (IN_USER.has(type) || (type === "document" && version === NEWEST_VERSION)));
  if (wrong) throw refusal(`${path.slice(0, 2).join(".")}: \`${type}\` blocks can only be in \`${IN_ASSISTANT.has(type) ? "assistant" : "user"}\` messages`);
  if (type === "thinking" || type === "redacted_thinking") checkBlock(block, path);
}

// Each turn's calls must be answered in the next turn; neighbouring messages of one role are one turn.
function checkTools(messages) {
  let calls = new Map();
  let seen = new Set();
  const used = new Set();
  for (const [index, { role, content }] of messages.entries()) {
    const blocks = typeof content === "string" ? [] : content;
    const sameTurn = index > 0 && messages[index - 1].role === role;
    if (role === "assistant") {
      if (!sameTurn) calls = new Map();
      for (const [at, block] of blocks.entries()) {
        if (block.type !== "tool_use") continue;
        if (used.has(block.id)) throw refusal(`messages.${index}.content.${at}: \`tool_use\` ids must be unique`);
        used.add(block.id);
        calls.set(block.id, index);
      }
    } else {
      if (!sameTurn) seen = new Set();
      checkResults(blocks, index, calls, seen);
    }
    const next = messages[index + 1];
    if (next?.role === role || (role !== "assistant" && role !== "user")) continue;
    if (role === "user" || !next) {
      const open = [...calls.keys()].filter((id) => !(role === "user" && seen.has(id)));
      if (open.length) throw unanswered(open, calls);
      calls = new Map();
    }
  }
}

const unanswered = (open, calls) => refusal(
  `messages.${calls.get(open[0])}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${open.join(", ")}. `
  + "Each `tool_use` block must have a corresponding `tool_result` block in the next message.",
);

function checkResults(blocks, index, calls, seen) {
  for (const [at, block] of blocks.entries()) {
    if (block.type !== "tool_result") continue;
    const id = block.tool_use_id;
    if (seen.has(id)) throw refusal(`messages.${index}.content.${at}: each tool_use must have a single result. Found multiple \`tool_result\` blocks with id: ${id}`);
    if (!calls.has(id)) {
      throw refusal(`messages.${index}.content.${at}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${id}. `
        + "Each `tool_result` block must have a corresponding `tool_use` block in the previous message.");
    }
    seen.add(id);
  }
}

function checkPrefill({ content }, claude) {
  if (claude && !claude.prefill) throw refusal("This model does not support assistant message prefill. The conversation must end with a user message.");
  const text = typeof content === "string" ? content : content.at(-1)?.text;
  if (typeof text === "string" && text !== text.trimEnd()) throw refusal("messages: final assistant content cannot end with trailing whitespace");
}

// With a budget for thinking, a turn that calls tools keeps its thinking in front.
function checkThinkingFirst(messages) {
  const index = messages.findLastIndex(({ role, content }) => role === "assistant" && typeof content !== "string" && content.some((block) => block.type === "tool_use"));
  const prefill = messages.at(-1).role === "assistant" ? messages.length - 1 : -1;
  for (const at of [index, prefill]) {
    const content = messages[at]?.content;
    const first = typeof content === "string" ? "text" : content?.[0]?.type;
    if (first === undefined || first === "thinking" || first === "redacted_thinking") continue;
    throw refusal(`messages.${at}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`${first}\`. When \`thinking\` is enabled, `
      + "a final `assistant` message must start with a thinking block (preceeding the lastmost set of `tool_use` and `tool_result` blocks). "
      + "We recommend you include thinking blocks from previous turns. To avoid this requirement, disable `thinking`.");
  }
}

function checkBreakpoints(body) {
  const marks = [...marksOf(body)];
  const count = marks.length + (body.cache_control ? 1 : 0);
  if (count > MOST_BREAKPOINTS) throw refusal(`A maximum of ${MOST_BREAKPOINTS} blocks with cache_control may be provided. Found ${count}.`);
  const short = marks.findIndex((mark) => mark.ttl !== "1h");
  if (short >= 0 && marks.slice(short).some((mark) => mark.ttl === "1h")) {
    throw refusal("cache_control.ttl: a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block. Note that blocks are processed in the following order: `tools`, `system`, `messages`.");
  }
}

function* marksOf({ tools, system, messages }) {
  const lists = [tools ?? [], typeof system === "string" ? [] : system ?? [], ...messages.map(({ content }) => (typeof content === "string" ? [] : content))];
  for (const blocks of lists) for (const block of blocks) if (block.cache_control) yield block.cache_control;
}
