// A request that the model declines: one with the text that Anthropic documents for trying out how a client takes it.

const DECLINE = "ANTHROPIC_MAGIC_STRING_TRIGGER_REFUSAL_";

export const isDeclined = (messages) => messages.some(({ text }) => text.includes(DECLINE));

export const DETAILS = { type: "refusal", category: null, explanation: null };
