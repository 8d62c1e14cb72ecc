// The `context` of /api/generate: numbers that stand for the conversation so far, and go on with it when sent again.
//
// Ollama's are the model's own tokens; these are the characters of the conversation, so that nothing has to be kept.

/** The numbers for the messages of a call and the answer to it. */
export function encodeContext(messages, answer) {
  const turns = [...messages.map(({ role, text }) => [role, text]), ["assistant", answer]];
  return [...JSON.stringify(turns)].map((character) => character.codePointAt(0));
}

/** The messages that the numbers stand for, or null if they are not from here. */
export function decodeContext(numbers) {
  try {
    const turns = JSON.parse(String.fromCodePoint(...numbers.slice(0, 100_000)));
    return turns.every(([role, text]) => typeof role === "string" && typeof text === "string")
      ? turns.map(([role, text]) => ({ role, text, toolCalls: [] })) : null;
  } catch {
    return null;
  }
}
