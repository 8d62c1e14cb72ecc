// Does a prompt ask for what a tool does? By the words of the tool's name, description and parameters.

const GENERIC = new Set("get set fetch do call use tool function my the a an of for by from in to with on at and or is data info information api make new lookup retrieve show handle perform result value current currently now given this that it returns return gets find what who when where how which you your be can will if as into per via about list user name text input output string number numbers two three type id based using provided specified request response simple today my me i we".split(" "));
// Words that ask for the same thing; the first is the one that tools' names have.
const GROUPS = [
  ["weather", "temperature", "forecast", "rain", "sunny", "umbrella", "snow", "wetter", "météo", "clima", "погода", "weer", "meteo"],
  ["add", "plus", "sum", "addition"],
  ["subtract", "minus", "difference", "subtraction"],
  ["multiply", "times", "product", "multiplied", "multiplication"],
  ["divide", "divided", "quotient", "division"],
  ["calculate", "calculator", "compute", "calculation", "math", "evaluate", "arithmetic"],
  ["search", "google", "browse", "web", "internet", "news", "latest"],
  ["stock", "share", "ticker", "shares"],
  ["email", "mail", "e-mail"],
  ["time", "clock", "uhrzeit", "timezone"],
  ["translate", "translation", "translator"],
  ["convert", "conversion", "exchange", "converter"],
  ["book", "reserve", "reservation", "booking"],
  ["schedule", "calendar", "meeting", "appointment", "event", "remind", "reminder"],
  ["flight", "fly", "flights"],
  ["population", "inhabitants"],
  ["command", "run", "execute", "shell", "bash", "terminal"],
];
// Where a word is not enough, or where words are not separated.
const PHRASES = [["temps fait", "weather"], ["tiempo hace", "weather"], ["tempo fa", "weather"], ["天気", "weather"], ["気温", "weather"], ["天气", "weather"], ["气温", "weather"], ["날씨", "weather"], ["الطقس", "weather"], ["طقس", "weather"], ["मौसम", "weather"], ["検索", "search"], ["搜索", "search"], ["검색", "search"], ["翻訳", "translate"], ["翻译", "translate"], ["번역", "translate"]];
const SIGNS = [[/\d\s*\+\s*\d/, "add"], [/\d\s*[-−]\s*\d/, "subtract"], [/\d\s*[*×]\s*\d|\d x \d/, "multiply"], [/\d\s*[/÷]\s*\d/, "divide"]];

/** The words of a name: "getWeather2" and "get_weather_2" are get, weather. */
export const wordsOf = (text) => text.replace(/([\p{Ll}\d])(\p{Lu})/gu, "$1 $2").toLowerCase().match(/\p{L}[\p{L}\p{M}'-]*/gu) ?? [];

// "news" is no plural.
const stem = (word) => (word === "news" ? word : word.length > 4 ? word.replace(/(?:ings?|ers?|ed|es|e|s)$/, "") : word.replace(/(?<=\w{3})s$/, ""));
const GROUP_OF = new Map(GROUPS.flatMap((group) => group.map((word) => [stem(word), stem(group[0])])));
const meaning = (word) => GROUP_OF.get(stem(word)) ?? stem(word);

/** The meanings in a prompt, each with the place of its first word. */
export function meaningsOf(prompt) {
  const found = new Map();
  const add = (word, index) => { if (!found.has(word)) found.set(word, index); };
  for (const match of prompt.matchAll(/\p{L}[\p{L}\p{M}'-]*/gu)) {
    const word = match[0].toLowerCase().replace(/['’]s$/, "");
    add(meaning(word), match.index);
  }
  for (const [text, word] of PHRASES) if (prompt.includes(text)) add(meaning(word), prompt.indexOf(text));
  for (const [sign, word] of SIGNS) {
    const index = prompt.search(sign);
    if (index >= 0) { add(stem(word), index); add(stem("calculate"), index); }
  }
  return found;
}

/**
 * How well a tool suits the prompt: `{ score, index, whole, words }`; null if it does not.
 * `index` is where the prompt speaks of it, `whole` whether each word of its name is there, `words` what was found.
 */
export function match(tool, meanings) {
  const all = wordsOf(tool.name);
  const telling = [...new Set(all.filter((word) => !GENERIC.has(word)).map(meaning))];
  const named = telling.filter((word) => meanings.has(word));
  const whole = telling.length > 0 ? named.length === telling.length : saysAll(all, meanings);
  const heard = (words) => words.filter((word) => !GENERIC.has(word) && word.length > 2).map(meaning).filter((word) => meanings.has(word) && !named.includes(word));
  const parameters = Object.entries(tool.parameters?.properties ?? {}).slice(0, 30);
  const values = parameters.flatMap(([, schema]) => valuesOf(tool, schema)).filter((value) => typeof value === "string" && value.length > 3);
  // A word of the description that is a parameter's too counts twice, and so does one of the values to choose from.
  const more = [new Set(heard(wordsOf(String(tool.description ?? "").slice(0, 600)))), new Set(heard(parameters.flatMap(([name]) => wordsOf(name))))].flatMap((words) => [...words]);
  const chosen = [...new Set(heard(values.flatMap(wordsOf)))];
  const score = 3 * (named.length || (whole ? 1 : 0)) + more.length + 2 * chosen.length;
  if (named.length === 0 && !whole && score < 2) return null;
  const words = [...new Set([...named, ...more, ...chosen])];
  const places = (named.length ? named : words).map((word) => meanings.get(word));
  return { score, index: places.length ? Math.min(...places) : 0, whole, words: words.length ? words : all };
}

// The values to choose from, of a parameter or of a list's entries; libraries keep them apart and refer to them.
function valuesOf({ parameters }, schema) {
  const one = referred(parameters, schema);
  return [one?.enum, referred(parameters, one?.items)?.enum].flat();
}

const referred = (parameters, schema) =>
  (typeof schema?.$ref === "string" ? (parameters.$defs ?? parameters.definitions)?.[schema.$ref.split("/").at(-1)] : schema);

// A name of general words only, as get_user_name, has to be said in full.
function saysAll(words, meanings) {
  const asked = words.filter((word) => !["get", "set", "fetch", "the", "a"].includes(word));
  return asked.length > 0 && asked.every((word) => meanings.has(meaning(word)) || (word === "user" && meanings.has(meaning("my"))));
}
