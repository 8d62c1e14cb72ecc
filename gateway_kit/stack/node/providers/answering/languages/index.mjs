// Which language a prompt is written in, or asks for.

import arabic from "./arabic.mjs";
import chinese from "./chinese.mjs";
import dutch from "./dutch.mjs";
import english from "./english.mjs";
import french from "./french.mjs";
import german from "./german.mjs";
import hindi from "./hindi.mjs";
import italian from "./italian.mjs";
import japanese from "./japanese.mjs";
import korean from "./korean.mjs";
import portuguese from "./portuguese.mjs";
import russian from "./russian.mjs";
import spanish from "./spanish.mjs";

const LANGUAGES = [english, german, french, spanish, portuguese, italian, dutch, russian, arabic, hindi, japanese, chinese, korean];
const BY_NAME = new Map(LANGUAGES.flatMap((language) => language.names.map((name) => [name, language])));

// Latin script: how much a word speaks for each language; the fewer share it, the more.
const BY_WORD = new Map();
for (const language of LANGUAGES) for (const word of language.words.split(" ").filter(Boolean)) BY_WORD.set(word, [...(BY_WORD.get(word) ?? []), language]);
const LETTERS = [[/[ñ¿¡]/g, spanish], [/[ãõ]/g, portuguese], [/[ßäöü]/g, german], [/[êèœûâ]|(?<=\p{L})['’](?=\p{L}{3})/gu, french], [/[ìò]/g, italian], [/ij|aa/g, dutch]];

// Other scripts, by the letters that a text has most of. Some letters belong to languages that are not known here.
const SCRIPTS = [
  [/[\p{Script=Hiragana}\p{Script=Katakana}]/gu, japanese, 3], [/\p{Script=Hangul}/gu, korean, 1], [/\p{Script=Han}/gu, chinese, 1],
  [/\p{Script=Cyrillic}/gu, russian, 1], [/\p{Script=Arabic}/gu, arabic, 1], [/\p{Script=Devanagari}/gu, hindi, 1],
];
const UNKNOWN = [[/[іїєґўѓќљњџћђ]/i, russian], [/[پچژگکیےٹڈڑ]/, arabic], [/\u0933/, hindi]];

const NAMES = [...BY_NAME.keys()].sort((a, b) => b.length - a.length).join("|");
const WISH = new RegExp(`(?<![\\p{L}])(?:in|into|to|auf|ins|en|em|no|in het|naar het|на|по-|بال?)\\s?(?:${NAMES})(?![\\p{L}])|(?:用|以)(?:${NAMES})|(?:${NAMES})(?:で|로)(?=\\s|[^\\s])`, "giu");
const NAME = new RegExp(NAMES, "iu");

/** The language that a text is written in; English if it is not known here. */
export const languageOf = (text) => byGreeting(text) ?? byScript(text) ?? byWords(text);

/** The language that a prompt or the instructions ask for, if they do. */
export const languageAsked = (prompt, instructions) => wished(prompt) ?? wished(instructions);

/** A prompt without the language that it asks for. */
export const withoutLanguage = (text) => text.replace(WISH, " ");

function wished(text) {
  if (text === "") return undefined;
  const match = text.match(WISH)?.at(-1);
  return match && BY_NAME.get(NAME.exec(match)[0].toLowerCase());
}

const LONGEST_GREETING = 60;

function byGreeting(text) {
  if (text.length > LONGEST_GREETING) return undefined;
  const said = text.trim().toLowerCase();
  return LANGUAGES.find(({ greeting }) => greeting.test(said));
}

const LATIN = /\p{Script=Latin}/gu;
const OTHERS = /[^\u0000-\u024f\u2000-\u206f]/;

function byScript(text) {
  if (!OTHERS.test(text)) return undefined;
  let best;
  let most = (text.match(LATIN)?.length ?? 0) / 2;
  for (const [letters, language, weight] of SCRIPTS) {
    const count = (text.match(letters)?.length ?? 0) * weight;
    if (count > most) [best, most] = [language, count];
  }
  return best && UNKNOWN.some(([letters, language]) => language === best && letters.test(text)) ? english : best;
}

const WORD = /[\p{L}'’]+/gu;
const ADDRESS = /\S+(?::\/\/|@)\S+/g;

function byWords(text) {
  const lower = text.slice(0, 1_000).replace(ADDRESS, " ").toLowerCase();
  const scores = new Map([[english, 0.3]]);
  const add = (language, points) => scores.set(language, (scores.get(language) ?? 0) + points);
  for (const [word] of lower.matchAll(WORD)) {
    const languages = BY_WORD.get(word.replace("’", "'"));
    if (languages) for (const language of languages) add(language, 1 / languages.length);
  }
  for (const [letters, language] of LETTERS) {
    const count = language === english ? 0 : lower.match(letters)?.length ?? 0;
    if (count > 0) add(language, Math.min(count, 3) * (scores.has(language) ? 0.6 : 0.3));
  }
  return [...scores].sort((a, b) => b[1] - a[1])[0][0];
}
