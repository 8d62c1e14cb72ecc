// Context management: edits whose time has not come change nothing; one that would change the conversation is refused.

import { refusal } from "./words.mjs";

const TRIGGER_TOKENS = { clear_tool_uses_20250919: 100_000, compact_20260112: 150_000 };
const KNOWN = [...Object.keys(TRIGGER_TOKENS), "clear_thinking_20251015"];

/** Raises a 400 if one of the edits would change a conversation of this many tokens. */
export function checkContextManagement(body, tokens) {
  for (const [index, edit] of (body.context_management.edits ?? []).entries()) {
    const place = `context_management.edits.${index}`;
    if (!KNOWN.includes(edit.type)) {
      throw refusal(`${place}: Input tag '${edit.type}' found using 'type' does not match any of the expected tags: ${KNOWN.map((name) => `'${name}'`).join(", ")}`);
    }
    if (isDue(edit, body, tokens)) throw refusal(`${place}: this edit would change the conversation, which is not simulated; leave out context_management.`);
  }
}

function isDue(edit, body, tokens) {
  const blocks = (type) => body.messages.filter(({ role, content }) => role === "assistant" && typeof content !== "string" && content.some((block) => block.type === type)).length;
  if (edit.type === "clear_thinking_20251015") return edit.keep !== "all" && edit.keep?.type !== "all" && blocks("thinking") > (edit.keep?.value ?? 1);
  const { type, value } = edit.trigger ?? {};
  return type === "tool_uses" ? blocks("tool_use") > value : tokens > (value ?? TRIGGER_TOKENS[edit.type]);
}
