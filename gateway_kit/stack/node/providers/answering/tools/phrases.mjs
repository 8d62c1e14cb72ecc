// What the texts among a tool's arguments say: the part of the prompt that is meant.

import { CAPITALS } from "../computed.mjs";

const SEARCHED = /\b(?:search(?:\s+(?:the\s+)?(?:web|internet|online|documents?|database))?(?:\s+(?:for|about))?|look\s+up|google|browse(?:\s+for)?|find(?:\s+me)?(?:\s+information(?:\s+(?:on|about))?)?|news\s+(?:on|about)|such[e]?(?:\s+nach)?|cherche[rz]?|busca(?:r)?)\s+["'“]?([^?!\n"”]{2,200}?)["'”]?(?=[.?!]?\s*$|[.?!\n]\s)/iu;
const SUM = /[-(]?\d[\d\s.,()+\-*/×÷^%x]*[\d)]/;
const SYMBOLS = { apple: "AAPL", microsoft: "MSFT", google: "GOOGL", alphabet: "GOOGL", amazon: "AMZN", tesla: "TSLA", nvidia: "NVDA", meta: "META", netflix: "NFLX", ibm: "IBM", intel: "INTC", sap: "SAP" };
const CURRENCIES = { dollar: "USD", dollars: "USD", "$": "USD", euro: "EUR", euros: "EUR", "€": "EUR", pound: "GBP", pounds: "GBP", "£": "GBP", yen: "JPY", "¥": "JPY", franc: "CHF", francs: "CHF", rupee: "INR", rupees: "INR" };
const LANGUAGE = /\b(english|german|french|spanish|portuguese|italian|dutch|japanese|chinese|korean|russian|arabic|hindi|polish|swedish|turkish|latin|greek)\b/gi;
const PLACE = /\b(?:in|at|for|near|around|to)\s+(?!the (?:next|morning|evening|afternoon)|\d)([\p{L}][\p{L}' -]{1,40}?)(?=[?.!,;]|\s*$|\s(?:today|tomorrow|now|right|this|next|tonight|on|and|please|in|like)\b)/iu;
const TOLD = /\b(?:called|named|titled|about|saying|that says|with the (?:text|message|subject|title))\s+["'“]?([^.?!\n"”]{2,120})/iu;

const IDENTIFIER = /(?<![\p{L}\p{N}])(?:[A-Za-z]+[_-])?(?=[\w-]*\d)[\w-]{2,40}(?![\p{L}\p{N}])|(?<![\p{L}])\p{Lu}{3,12}(?![\p{L}])/u;
const FILE = /(?:[\w~.-]*\/)?[\w./-]*\w\.[A-Za-z]\w{0,5}\b|\/[\w./-]+/;
const COMMAND = /\b(?:run|execute)\s+(?:the\s+)?(?:command\s+)?[`"']?([^`"'\n]{1,200})/i;

/**
 * What the texts of a tool's arguments say, by the field's name in words. `exact` gives what the prompt clearly means
 * for the field, or undefined; `general` always gives a text. `ask` has the prompt and its subject.
 */
export function phrasesFor(ask, entities) {
  const prompt = ask.gist.trim();
  const quotes = [...entities.of("quotes")];
  const currencies = currenciesOf(prompt);
  const subject = () => ask.subject || prompt.slice(0, 200) || "simulated";
  const exact = (words) => {
    if (/(?:^| )(?:city|town|location|place|destination|origin|region|area)(?: name)?$/.test(words)) return placeIn(prompt);
    if (/(?:^| )(?:expression|formula|equation|calculation|operation|math)$/.test(words)) return SUM.exec(prompt)?.[0].trim();
    if (/(?:^| )(?:symbol|ticker)(?: symbol)?$/.test(words)) return symbolIn(prompt);
    if (/(?:^| )currency(?: code)?$|^(?:from|to)$/.test(words) && currencies.length) return (/^to\b|target/.test(words) ? currencies[1] : currencies.shift()) ?? currencies[0];
    if (/(?:^| )language(?: code)?$/.test(words)) return languageIn(prompt, words);
    if (/(?:^| )(?:id|identifier|code|number|sku|sign|reference|key)$/.test(words)) return IDENTIFIER.exec(prompt)?.[0];
    if (/(?:^| )(?:path|file|file ?name|filepath)$/.test(words)) return quotes.shift() ?? FILE.exec(prompt)?.[0];
    if (/(?:^| )(?:command|cmd)$/.test(words)) return quotes.shift() ?? COMMAND.exec(prompt)?.[1].trim();
    return undefined;
  };
  const general = (words) => {
    if (/(?:^| )language(?: code)?$/.test(words)) return "English";
    if (/(?:^| )(?:query|q|search|keywords?|term|terms)$/.test(words)) return quotes.shift() ?? SEARCHED.exec(prompt)?.[1].trim() ?? subject();
    if (/(?:^| )(?:text|content|message|body|input|prompt|sentence|code|sql|script|command|question)$/.test(words)) return quotes.shift() ?? /:\s*(\S[\s\S]{1,400})$/.exec(prompt)?.[1] ?? TOLD.exec(prompt)?.[1].trim() ?? (words === "question" || words === "prompt" ? prompt.slice(0, 400) : subject());
    if (/(?:^| )(?:title|name|subject|topic|item|product)$/.test(words)) return quotes.shift() ?? TOLD.exec(prompt)?.[1].trim() ?? subject();
    return quotes.shift() ?? subject();
  };
  return { exact, general };
}

/** The place that a prompt names in any spelling: "weather in springfield?". */
export function placeIn(prompt) {
  const place = PLACE.exec(prompt)?.[1].trim();
  const capital = /^(?:the )?capital(?: city)? of (?:the )?(\p{L}+)/iu.exec(place ?? "");
  if (capital && Object.hasOwn(CAPITALS, capital[1].toLowerCase())) return CAPITALS[capital[1].toLowerCase()];
  return place?.replace(/(?<!\p{L})\p{Ll}/gu, (letter) => letter.toUpperCase());
}

function symbolIn(prompt) {
  for (const [word] of prompt.matchAll(/[\p{L}]+/gu)) if (Object.hasOwn(SYMBOLS, word.toLowerCase())) return SYMBOLS[word.toLowerCase()];
  return /\b(?!(?:I|A|THE|AND|USD|EUR|JSON)\b)[A-Z]{1,5}\b/.exec(prompt)?.[0];
}

function currenciesOf(prompt) {
  const found = [];
  for (const [word] of prompt.matchAll(/\b(?:USD|EUR|GBP|JPY|CHF|INR|CNY|CAD|AUD|SEK|NOK)\b|\p{L}+|[$€£¥]/gu)) {
    const code = /^[A-Z]{3}$/.test(word) && !Object.hasOwn(CURRENCIES, word.toLowerCase()) ? (/^(?:USD|EUR|GBP|JPY|CHF|INR|CNY|CAD|AUD|SEK|NOK)$/.test(word) ? word : undefined) : CURRENCIES[word.toLowerCase()];
    if (code && !found.includes(code)) found.push(code);
  }
  return found;
}

function languageIn(prompt, words) {
  const named = [...prompt.matchAll(LANGUAGE)].map(([name]) => name[0].toUpperCase() + name.slice(1).toLowerCase());
  return /source|from/.test(words) ? named.find((_, i) => i > 0 || new RegExp(`from ${named[0]}`, "i").test(prompt)) : named.find((name) => new RegExp(`(?:in|to)to? ${name}`, "i").test(prompt)) ?? named.at(-1);
}
