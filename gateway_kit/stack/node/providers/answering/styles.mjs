// How each model sounds: the same facts, worded so that readers can tell the providers apart.

const WORDING = {
  plain: (a) => a.full,
  brief: (a) => a.short,
  formal: (a) => `Certainly. ${a.full}`,
  measured: (a) => `Short answer: ${a.short} ${a.also}`,
  warm: (a) => `${a.full} ${a.also} I hope that helps.`,
  chatty: (a) => `Sure, I'd be happy to help! ${a.full} Let me know if you have any other questions!`,
  friendly: (a) => `Great question! ${a.full}`,
  crisp: (a) => `Answer: ${a.short} Note: ${a.also}`,
  marked: (a) => `**${a.short}**\n\n${a.full}`,
  bulleted: (a) => `- ${a.short}\n- ${a.also}`,
  teacher: (a) => `Let us look at it step by step. ${a.full} In other words: ${a.short}`,
};
const STYLES = Object.keys(WORDING);
// The index of the exact text that a style uses, modulo the number of texts.
const EXACT = { plain: 0, brief: 0, formal: 1, measured: 0, warm: 1, chatty: 2, friendly: 2, crisp: 0, marked: 2, bulleted: 2, teacher: 1 };

/** The text of a bank answer in a model's style. */
export function word(answer, style) {
  if (!STYLES.includes(style)) throw new Error(`unknown style ${style}`);
  if (answer.json) return JSON.stringify(answer.json, null, style === "plain" || style === "brief" ? 0 : 2);
  if (answer.exact) return answer.exact[EXACT[style] % answer.exact.length];
  return WORDING[style](answer);
}

/** A sentence that is not from the bank, with the style's own opening. */
export function sayPlainly(sentence, style) {
  return word({ short: sentence, full: sentence, also: "", exact: undefined }, style === "marked" || style === "bulleted" || style === "teacher" ? "plain" : style)
    .replace(/ Note: $/, "").replace(/\s+(?=I hope)/, " ").trim();
}
