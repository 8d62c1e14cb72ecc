// What a prompt names: people, places, dates, numbers, addresses, quotes.

import { isCountry, placesOf } from "./places.mjs";

const WEEKDAY = "(?:mon|tues|wednes|thurs|fri|satur|sun)day";
const MONTH = "(?:january|february|march|april|may|june|july|august|september|october|november|december)";
const DATE = new RegExp(`\\b(?:\\d{4}-\\d{2}-\\d{2}|\\d{1,2}[./]\\d{1,2}[./]\\d{2,4}|${MONTH} \\d{1,2}(?:st|nd|rd|th)?(?:,? \\d{4})?|\\d{1,2}(?:st|nd|rd|th)? (?:of )?${MONTH}(?:,? \\d{4})?|(?:next |this |on )?${WEEKDAY}|today|tomorrow|tonight|yesterday)\\b`, "gi");
const TIME = /\b(?:\d{1,2}:\d{2}(?::\d{2})?(?: ?[ap]\.?m\b\.?)?|\d{1,2} ?[ap]m\b|noon|midnight)/gi;
const EMAIL = /[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+/g;
const ADDRESS = /\bhttps?:\/\/[^\s"'<>)\]]+/g;
const QUOTE = /"([^"\n]{1,300})"|“([^”\n]{1,300})”|„([^“\n]{1,300})“|«\s?([^»\n]{1,300}?)\s?»|(?<![\p{L}\p{N}])'([^'\n]{1,300})'(?![\p{L}])|「([^」\n]{1,300})」/gu;
const NUMBER = /(?<![\p{L}\d.,_/-])[-−]?\d+(?:,\d{3})*(?:\.\d+)?|(?<=[-+*/×÷=(,\s])-?\d+(?:\.\d+)?/gu;
const SPELLED = { one: 1, two: 2, three: 3, four: 4, five: 5, six: 6, seven: 7, eight: 8, nine: 9, ten: 10, eleven: 11, twelve: 12, thirteen: 13, fourteen: 14, fifteen: 15, sixteen: 16, seventeen: 17, eighteen: 18, nineteen: 19, twenty: 20, thirty: 30, forty: 40, fifty: 50, hundred: 100, dozen: 12, ein: 1, zwei: 2, drei: 3, deux: 2, trois: 3, dos: 2, tres: 3 };
const NAME = /\p{Lu}[\p{Ll}'’-]+(?:\s(?:(?:van|von|de|da|bin)\s)?\p{Lu}[\p{L}'’.-]*)*/gu;
const NO_NAME = new Set("a an the i what who when where why how which is are was were do does did can could would will should please tell write give make create extract describe explain list name find get show search look send book add subtract multiply divide calculate compute translate summarise summarize answer return generate parse convert use my our your his her their he she it they we you this that these those there here and or but if then hello hi hey dear yes no not in on at for to from of with as by let json python english german french spanish italian api llm monday tuesday wednesday thursday friday saturday sunday january february march april may june july august september october november december today tomorrow information schema text user customer order product email meeting event new old some any all each every both is-it set plan help play read open close turn buy sell remind schedule check compare classify imagine suppose consider given was ist wie wer qui que quel quelle der die das ein eine le la les un une el los las".split(" "));
const COMPANY = /\b(?:at|for|by|from|of)\s+(\p{Lu}[\p{L}&.-]*(?:\s\p{Lu}[\p{L}&.-]*)*\s(?:Corp|Inc|Ltd|LLC|GmbH|AG|Company|Co|Group|Labs|Bank|University|Industries)\b\.?)/gu;
const JOB = /\b(?:works? as|working as|is|was|am) an? ((?!\p{Lu})\p{L}+(?: \p{L}+){0,2}?)(?=\s(?:at|in|for|from|and|with|who)\b|[,.;]|$)/gu;
const LANGUAGE = /\b(?:English|German|French|Spanish|Portuguese|Italian|Dutch|Japanese|Chinese|Korean|Russian|Arabic|Hindi|Polish|Swedish|Turkish|Greek)\b/g;
const COMMON = new Set("about with from have that this what when where which would could should please there their they them your some into more most also than then very just like over under keywords tags json article summary summarise summarize product review write generate".split(" "));
const SPEAKS_OF = /^(?:['’]s\b|\s+(?:and|und|et|y|e|ist|war|hat|wohnt|lebt|arbeitet|est|es|è|is|was|has|had|lives|works|wants|likes|loves|said|says|went|goes|will|who|ordered|bought|from|are|were|aged)\b|\s*[,(]|\s*$|\.$)/;

/** Each kind is looked for when it is first asked for. */
export class Entities {
  /** `given`: lists, by kind, that take the place of what the text names. `nouns`: does its language capitalise them? */
  constructor(text, given = {}, nouns = false) {
    this.text = text;
    this.nouns = nouns;
    this.found = new Map(Object.entries(given));
  }

  of(kind) {
    if (!this.found.has(kind)) this.found.set(kind, FINDERS[kind](this.text, this));
    return this.found.get(kind);
  }
}

const all = (text, pattern) => [...new Set([...text.matchAll(pattern)].map((match) => match[0]))];

const FINDERS = {
  people,
  places: (text) => placesOf(text).filter(({ name }) => !isCountry(name)).map(({ name }) => name),
  countries: (text) => placesOf(text).filter(({ name }) => isCountry(name)).map(({ name }) => name),
  dates: (text) => all(text, DATE).map((date) => date.replace(/^on /i, "")),
  times: (text) => all(text, TIME),
  emails: (text) => all(text, EMAIL),
  addresses: (text) => all(text, ADDRESS).map((address) => address.replace(/[.,;:!?]+$/, "")),
  quotes: (text) => [...text.matchAll(QUOTE)].map((match) => match.slice(1).find((part) => part !== undefined)),
  numbers,
  keywords,
  companies: (text) => [...text.matchAll(COMPANY)].map((match) => match[1]),
  languages: (text) => all(text, LANGUAGE).map((name) => name[0].toUpperCase() + name.slice(1)),
  jobs: (text) => [...text.matchAll(JOB)].map((match) => match[1]),
};

function people(text, entities) {
  const places = new Set(placesOf(text).map(({ name }) => name.toLowerCase()));
  const names = [];
  for (const match of text.matchAll(NAME)) {
    let words = match[0].split(/\s+/);
    let cut = 0;
    while (words.length && NO_NAME.has(words[0].toLowerCase().replace(/['’]s$/, ""))) {
      cut += words[0].length + 1;
      words = words.slice(1);
    }
    const name = words.join(" ").replace(/['’]s$|[.'’-]+$/, "");
    if (name.length < 2 || places.has(name.toLowerCase()) || isCountry(name) || NO_NAME.has(name.toLowerCase())) continue;
    const starts = cut === 0 && /(?:^|[.!?:\n]\s*)$/.test(text.slice(Math.max(0, match.index - 3), match.index));
    const after = text.slice(match.index + match[0].length, match.index + match[0].length + 12);
    if ((starts || entities.nouns) && words.length === 1 && !SPEAKS_OF.test(after)) continue;
    if (!names.includes(name)) names.push(name);
  }
  return names;
}

// The long words, each once.
function keywords(text) {
  const words = text.slice(0, 1_000).match(/\p{L}[\p{L}\p{M}'’-]{3,}/gu) ?? [];
  return [...new Set(words.map((word) => word.toLowerCase()))].filter((word) => !NO_NAME.has(word) && !COMMON.has(word)).slice(0, 8);
}

// In figures, or else in words.
function numbers(text, entities) {
  let rest = text;
  for (const kind of ["emails", "addresses"]) for (const part of entities.of(kind)) rest = rest.replaceAll(part, " ");
  rest = rest.replace(/\b\d{4}-\d{2}-\d{2}\b/g, " ");
  const found = [...rest.matchAll(NUMBER)].map((match) => Number(match[0].replace("−", "-").replaceAll(",", ""))).filter(Number.isFinite);
  if (found.length) return found;
  return [...rest.toLowerCase().matchAll(/\p{L}+/gu)].map(([word]) => (Object.hasOwn(SPELLED, word) ? SPELLED[word] : undefined)).filter((number) => number !== undefined);
}
