// The schema that LiteLLM adds to a prompt for a model which, as far as it knows, takes none in a field of its own.

const HINT = "Use this JSON schema:";

/** The prompt without it. */
export function withoutHint(prompt) {
  const hint = prompt.indexOf(HINT);
  return hint < 0 ? prompt : prompt.slice(0, hint);
}

/** The schema; undefined if the prompt has none. */
export function hintedSchema(prompt) {
  const hint = prompt.lastIndexOf(HINT);
  if (hint < 0) return undefined;
  const start = prompt.indexOf("{", hint);
  const end = prompt.lastIndexOf("}");
  try {
    return start < 0 ? undefined : JSON.parse(prompt.slice(start, end + 1));
  } catch {
    return undefined;
  }
}
