// The places that a text names.

import { CAPITALS } from "../computed.mjs";

const LARGE = ["London", "New York", "San Francisco", "Los Angeles", "Chicago", "Boston", "Seattle", "Toronto", "Mumbai", "Delhi", "Shanghai", "Hong Kong", "Singapore", "Seoul", "Sydney", "Melbourne", "Munich", "Hamburg", "Frankfurt", "Zurich", "Geneva", "Milan", "Barcelona", "Amsterdam", "Brussels", "Prague", "Budapest", "Moscow", "Istanbul", "Dubai", "Bangkok", "Jakarta", "Manila", "Lagos", "Cape Town", "São Paulo", "Rio de Janeiro", "Washington", "Las Vegas", "Miami", "Austin", "Denver", "Kyiv", "Paris"];
const KNOWN = new Set([...Object.values(CAPITALS), ...LARGE].map((name) => name.toLowerCase()));
const COUNTRIES = new Set([...Object.keys(CAPITALS), "united states", "usa", "uk", "united kingdom", "england", "scotland", "netherlands", "belgium", "russia", "south korea", "ukraine", "peru", "chile", "colombia", "venezuela", "ecuador", "bolivia", "uruguay", "cuba", "nigeria", "ghana", "ethiopia", "morocco", "algeria", "tunisia", "south africa", "tanzania", "uganda", "israel", "iran", "iraq", "saudi arabia", "pakistan", "bangladesh", "nepal", "sri lanka", "thailand", "vietnam", "indonesia", "malaysia", "philippines", "new zealand", "iceland", "hungary", "romania", "bulgaria", "serbia", "croatia", "slovenia", "slovakia", "czechia", "czech republic", "estonia", "latvia", "lithuania", "luxembourg", "malta", "cyprus", "wales"]);
const FIRST_WORDS = new Set([...KNOWN, ...COUNTRIES].map((name) => name.split(" ")[0]));
// Cities where a script has no capital letters.
const OTHER_SCRIPTS = /東京|大阪|京都|名古屋|札幌|福岡|パリ|ロンドン|ニューヨーク|北京|上海|广州|深圳|成都|香港|台北|巴黎|伦敦|纽约|柏林|서울|부산|도쿄|파리|런던|뉴욕|القاهرة|باريس|لندن|دبي|الرياض|दिल्ली|मुंबई|पेरिस|लंदन/gu;

const NAME = "\\p{Lu}[\\p{L}'’.-]*(?:\\s(?:(?:de|do|del|la|le|of|am)\\s)?\\p{Lu}[\\p{L}'’.-]*)*";
const PREPOSITION = "in|at|for|to|from|near|around|à|au|en|em|no|na|di|a|te|naar|nach|aus|bei|von|для|в|во|из";
const AFTER = new RegExp(`(?<![\\p{L}])(?:${PREPOSITION})\\s+(${NAME}(?:(?:\\s*,\\s*(?:and\\s+|und\\s+|et\\s+|y\\s+)?|\\s+(?:and|und|et|y|e|en|or|и)\\s+)(?:in\\s+)?${NAME})*)`, "gu");
const BETWEEN = /\s*,\s*(?:and\s+|und\s+|et\s+|y\s+)?(?:in\s+)?|\s+(?:and|und|et|y|e|en|or|и)\s+(?:in\s+)?/u;
// "in Oslo and Ben lives": who does something is no place.
const DOES = /^\s+(?:is|was|has|had|lives?|works?|wants?|likes?|loves?|said|says|went|goes|will)\b/;
const NO_PLACE = /^(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday|january|february|march|april|may|june|july|august|september|october|november|december|celsius|fahrenheit|english|german|french|spanish|i|json|python|the)$/i;
const MENTION = /[\p{L}'’-]+/gu;

/** `[{ name, index }]` in the order of the text, each once. */
export function placesOf(text) {
  const found = new Map();
  const add = (name, index) => {
    const clean = name.replace(/[.'’]+$/, "").trim();
    if (clean && !NO_PLACE.test(clean) && !found.has(clean.toLowerCase())) found.set(clean.toLowerCase(), { name: clean, index });
  };
  for (const match of text.matchAll(AFTER)) {
    let at = match.index + match[0].length - match[1].length;
    for (const name of match[1].split(BETWEEN)) {
      at = Math.max(text.indexOf(name, at), at);
      // "San Francisco, CA" is one place.
      const last = [...found.values()].at(-1);
      if (at > match.index + match[0].length - match[1].length && DOES.test(text.slice(at + name.length, at + name.length + 12))) break;
      if (/^\p{Lu}{2}$/u.test(name) && last && at - last.index < last.name.length + 4) last.name = `${last.name}, ${name}`;
      else add(name, at);
    }
  }
  addKnown(text, add);
  for (const match of text.matchAll(OTHER_SCRIPTS)) add(match[0], match.index);
  return [...found.values()].sort((a, b) => a.index - b.index);
}

// Known names, in any case and place.
function addKnown(text, add) {
  const words = [...text.matchAll(MENTION)];
  for (let i = 0; i < words.length; i += 1) {
    if (!FIRST_WORDS.has(words[i][0].toLowerCase().replace(/['’]s$/, ""))) continue;
    for (let length = Math.min(3, words.length - i); length > 0; length -= 1) {
      const end = words[i + length - 1];
      const name = text.slice(words[i].index, end.index + end[0].length);
      const clean = name.replace(/['’]s$/, "");
      // Turkey is a country, turkey is none.
      if (!KNOWN.has(clean.toLowerCase()) && !(COUNTRIES.has(clean.toLowerCase()) && /^\p{Lu}/u.test(clean))) continue;
      add(clean === clean.toLowerCase() ? clean.replace(/\b\p{L}/gu, (letter) => letter.toUpperCase()) : clean, words[i].index);
      i += length - 1;
      break;
    }
  }
}

export const isCountry = (name) => COUNTRIES.has(name.toLowerCase().replace(/^the /, ""));
export const isKnownCity = (name) => KNOWN.has(name.toLowerCase());
