// A last message of the assistant: the answer goes on where it ends.

/** The text that follows `prefill`, from the answer as it would be without it. */
export function continueFrom(prefill, text) {
  if (text.startsWith(prefill)) return text.slice(prefill.length);
  const begun = JSON_BEGUN.test(prefill) ? closeJson(prefill, text) : null;
  return begun ?? ` ${text}`;
}

const JSON_BEGUN = /^\s*(?:```json\s*)?[[{]/;

// What closes the JSON that the prefill begins: its open text or value, then its brackets.
function closeJson(prefill, text) {
  const open = [];
  let inText = false;
  for (let i = 0; i < prefill.length; i += 1) {
    const character = prefill[i];
    if (inText) {
      if (character === "\\") i += 1;
      else if (character === '"') inText = false;
    } else if (character === '"') inText = true;
    else if (character === "{" || character === "[") open.push(character === "{" ? "}" : "]");
    else if (character === "}" || character === "]") open.pop();
  }
  if (open.length === 0) return "";
  const value = JSON.stringify(text);
  const last = prefill.trimEnd().at(-1);
  const rest = inText ? value.slice(1) : last === ":" || last === "[" ? value : last === "{" ? `"answer":${value}` : last === "," && open.at(-1) === "}" ? `"answer":${value}` : last === "," ? value : "";
  return rest + open.toReversed().join("");
}
