// The form that a prompt asks for in words: Anthropic has no JSON mode, so this is how its callers (and LiteLLM for
// `response_format: json_object`, which sends Claude nothing) get JSON.

const JSON_WANTED = new RegExp(
  "\\b(?:as|in)\\s+(?:an?\\s+)?(?:valid\\s+|pure\\s+|raw\\s+|strict\\s+)?json\\b(?!\\s+(?:files?|pars|schema))"
  + "|\\b(?:only|just|valid|return|respond with|reply with|answer with|output)\\s+(?:an?\\s+|the\\s+)?(?:valid\\s+|raw\\s+)?json\\b(?!\\s+(?:files?|pars|schema))"
  + "|\\bjson\\s+(?:object|format|only)\\b", "i",
);
const READ = 2_000;

/** Whether the last prompt or the system prompt asks for an answer in JSON. */
export function asksForJson(messages) {
  const asked = [messages.findLast(({ role }) => role === "user"), messages.find(({ role }) => role === "system")];
  return asked.some((message) => message !== undefined && JSON_WANTED.test(ends(message.text)));
}

// A wish stands at the beginning or at the end.
const ends = (text) => (text.length <= 2 * READ ? text : `${text.slice(0, READ)}\n${text.slice(-READ)}`);
