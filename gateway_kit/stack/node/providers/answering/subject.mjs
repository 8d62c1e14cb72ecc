// What a prompt is about, in a few of its own words.

import { withoutLanguage } from "./languages/index.mjs";

const LONGEST = 60;
const MEANS = /[\p{L}\p{N}\p{Extended_Pictographic}]/u;
const END = /[\n?!。？！؟।]|\.(?=\s|$)/u;
const ABOUT = /^(?:about|on|of|for|über|zu|von|sur|de|d'|sobre|su|over|о|об|про|عن|关于)\s+/iu;
const EDGES = /^[\s:;,،、*#>_-]+|[\s:;,،、*#_-]+$/gu;
const QUOTED = /^["'“„«「](.+)["'”“»」]$/u;
const MANNER = /(?<![\p{L}])(?:briefly|in detail|please|step by step|in simple (?:words|terms)|like i'm five|for (?:me|beginners|children|kids)|bitte|kurz|s'il (?:te|vous) plaît|por favor|per favore|alsjeblieft|пожалуйста)(?![\p{L}])/giu;

/** The subject of a prompt, at most 60 characters; an empty text if it has none. `said`: what it says of the length. */
export function subjectOf(text, language, said) {
  const plain = withoutLanguage(said ? text.replace(said, " ") : text).replace(/\[[^\]\n]{0,60}\]\s{0,9}$/, "");
  const first = trimmed(firstSentence(plain) || firstSentence(text));
  const rest = trimmed(trimmed(first.replace(language.ask, " ").replace(MANNER, " ")).replace(ABOUT, ""));
  const subject = MEANS.test(rest) ? rest : first;
  const characters = [...subject];
  if (characters.length <= LONGEST) return subject;
  const cut = characters.slice(0, LONGEST).join("");
  const space = cut.lastIndexOf(" ");
  return `${cut.slice(0, space > 20 ? space : cut.length)}…`;
}

// The first sentence that has a letter, a figure or a picture.
function firstSentence(text) {
  const meaning = text.search(MEANS);
  if (meaning < 0) return "";
  const before = text.slice(Math.max(0, meaning - 20), meaning);
  const start = meaning - (before.split(END).at(-1).length);
  const rest = text.slice(start, start + 600);
  const end = rest.slice(meaning - start).search(END);
  return end < 0 ? rest : rest.slice(0, end + meaning - start);
}

const trimmed = (text) => text.replace(EDGES, "").replace(/\s+/g, " ").replace(QUOTED, "$1").replace(EDGES, "");
