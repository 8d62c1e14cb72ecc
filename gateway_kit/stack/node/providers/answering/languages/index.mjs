// Which language a prompt is written in, or asks for.

import english from "./english.mjs";
import german from "./german.mjs";

const LANGUAGES = [english, german];
const BY_CODE = new Map(LANGUAGES.map((language) => [language.code, language]));
const BY_WORD = new Map();
for (const language of LANGUAGES) {
  for (const word of language.words.split(" ")) BY_WORD.set(word, [...(BY_WORD.get(word) ?? []), language.code]);
}

/** The language's texts, for the prompt's beginning; English if it is not one that the templates know. */
export function languageOf(text) {
  const scores = {};
  for (const word of text.toLowerCase().match(/[\p{L}\p{M}]+/gu) ?? []) {
    for (const code of BY_WORD.get(word) ?? []) scores[code] = (scores[code] ?? 0) + 1;
  }
  const best = Object.entries(scores).sort((a, b) => b[1] - a[1])[0];
  return BY_CODE.get(best?.[0] ?? "en");
}
