// What the texts among a tool's arguments say: the part of the prompt that is meant.

const SEARCHED = /\b(?:search(?:\s+(?:the\s+)?(?:web|internet|online|documents?|database))?(?:\s+(?:for|about))?|look\s+up|google|browse(?:\s+for)?|find(?:\s+me)?(?:\s+information(?:\s+(?:on|about))?)?|news\s+(?:on|about)|such[e]?(?:\s+nach)?|cherche[rz]?|busca(?:r)?)\s+["'“]?([^?!\n"”]{2,200}?)["'”]?(?=[.?!]?\s*$|[.?!\n]\s)/iu;
const SUM = /[-(]?\d[\d\s.,()+\-*/×÷^%x]*[\d)]/;
const SYMBOLS = { apple: "AAPL", microsoft: "MSFT", google: "GOOGL", alphabet: "GOOGL", amazon: "AMZN", tesla: "TSLA", nvidia: "NVDA", meta: "META", netflix: "NFLX", ibm: "IBM", intel: "INTC", sap: "SAP" };
const CURRENCIES = { dollar: "USD", dollars: "USD", "$": "USD", euro: "EUR", euros: "EUR", "€": "EUR", pound: "GBP", pounds: "GBP", "£": "GBP", yen: "JPY", "¥": "JPY", franc: "CHF", francs: "CHF", rupee: "INR", rupees: "INR" };
const LANGUAGE = /\b(english|german|french|spanish|portuguese|italian|dutch|japanese|chinese|korean|russian|arabic|hindi|polish|swedish|turkish|latin|greek)\b/gi;
const PLACE = /\b(?:in|at|for|near|around|to)\s+(?!the (?:next|morning|evening|afternoon)|\d)([\p{L}][\p{L}' -]{1,40}?)(?=[?.!,;]|\s*$|\s(?:today|tomorrow|now|right|this|next|tonight|on|and|please|in|like)\b)/iu;
const TOLD = /\b(?:called|named|titled|about|saying|that says|with the (?:text|message|subject|title))\s+["'“]?([^.?!\n"”]{2,120})/iu;

/** A function from a field's name (in words) to its text; `ask` has the prompt and its subject. */
export function phraseFor(ask, entities) {
  const prompt = ask.gist.trim();
  const quotes = [...entities.of("quotes")];
  const currencies = currenciesOf(prompt);
  const subject = () => ask.subject || prompt.slice(0, 200) || "simulated";
  return (words) => {
    if (/(?:^| )(?:city|town|location|place|destination|origin|region|area)(?: name)?$/.test(words)) return placeIn(prompt) ?? subject();
    if (/(?:^| )(?:expression|formula|equation|calculation|operation|math)$/.test(words)) return SUM.exec(prompt)?.[0].trim() ?? subject();
    if (/(?:^| )(?:symbol|ticker)(?: symbol)?$/.test(words)) return symbolIn(prompt) ?? subject();
    if (/(?:^| )currency(?: code)?$|^(?:from|to)$/.test(words) && currencies.length) return (/^to\b|target/.test(words) ? currencies[1] : currencies.shift()) ?? currencies[0] ?? "EUR";
    if (/(?:^| )language(?: code)?$/.test(words)) return languageIn(prompt, words) ?? "English";
    if (/(?:^| )(?:query|q|search|keywords?|term|terms)$/.test(words)) return quotes.shift() ?? SEARCHED.exec(prompt)?.[1].trim() ?? subject();
    if (/(?:^| )(?:text|content|message|body|input|prompt|sentence|code|sql|script|command|question)$/.test(words)) return quotes.shift() ?? /:\s*(\S[\s\S]{1,400})$/.exec(prompt)?.[1] ?? TOLD.exec(prompt)?.[1].trim() ?? (words === "question" || words === "prompt" ? prompt.slice(0, 400) : subject());
    if (/(?:^| )(?:title|name|subject|topic|item|product)$/.test(words)) return quotes.shift() ?? TOLD.exec(prompt)?.[1].trim() ?? subject();
    return quotes.shift() ?? subject();
  };
}

/** The place that a prompt names in any spelling: "weather in springfield?". */
export const placeIn = (prompt) => PLACE.exec(prompt)?.[1].trim().replace(/(?<!\p{L})\p{Ll}/gu, (letter) => letter.toUpperCase());

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
