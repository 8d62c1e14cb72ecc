// Made-up text for prompts that the bank does not know: as long as was asked for, and marked as simulated.

import { codeFor } from "./code.mjs";
import { pick } from "./prompt.mjs";

/** The text of an answer that says nothing but that it is simulated. */
export function madeUp(ask) {
  const { language, wish, gist } = ask;
  const random = ask.random("text");
  if (gist.length < 60 && language.greeting.test(gist.trim().toLowerCase())) return `${language.mark} ${pick(language.hello, random)}`;
  const sentences = speak(language, quoted(ask), random);
  if (wish.unit === "yes") return `${language.mark} ${language.yes}`;
  if (wish.unit === "points") return `${language.mark}\n${points(take(sentences, wish.count), wish.numbered)}`;
  if (wish.unit === "sentences") return inParagraphs(language, take(sentences, wish.count), ask);
  if (wish.unit === "paragraphs") return [...Array(Math.min(wish.count, 60)).keys()].map((i) => (i === 0 ? `${language.mark} ` : "") + take(sentences, 3).join(" ")).join("\n\n");
  if (wish.unit === "characters") return ofCharacters(language, sentences, wish);
  const code = wish.said === "" && codeFor(ask);
  if (code) return `${language.mark} ${take(sentences, 2).join(" ")}\n\n${code}`;
  const end = language.stop ?? ".";
  if (wish.count === 1) return `${capital(bare(language.simulated))}${end}`;
  const chosen = ofWords(language, sentences, wish);
  return chosen.length ? inParagraphs(language, chosen, ask) : `${bare(language.mark)}${end}`;
}

const bare = (text) => text.replace(/[\s:]+$/, "");

/** One sentence, for texts within JSON; another one for each `turn`. */
export function madeUpBriefly(ask, turn = 0, maxLength = Infinity) {
  const { language } = ask;
  const sentences = speak(language, quoted(ask), ask.random("brief"));
  for (let i = 0; i < turn % 50; i += 1) sentences.next();
  const text = `${language.mark} ${sentences.next().value}`;
  return text.length <= maxLength ? text : language.mark;
}

/** Some sentences on how the answer is found, marked too. */
export function madeUpReasoning(ask) {
  const { language } = ask;
  const random = ask.random("reasoning");
  const { budget } = ask.call.thinking;
  // A small budget allows few words; the first sentence has the mark and the last one comes to the answer.
  const [first, ...more] = language.thinking;
  const middle = more.slice(0, -1).filter(() => random() < 0.8);
  const all = [first, ...middle, more.at(-1)].map((text) => text.replaceAll("{s}", () => quoted(ask)));
  while (all.length > 1 && budget > 0 && all.join(" ").length / 4 > budget) all.pop();
  return all.join(joint(language));
}

function quoted(ask) {
  const { language, subject } = ask;
  return subject ? `${language.quotes[0]}${subject}${language.quotes[1]}` : language.nothing;
}

const joint = (language) => (language.unspaced ? "" : " ");
// Where words are not separated, each character counts as one.
function wordsIn(language, text) {
  if (language.unspaced) return text.length;
  let words = 1;
  for (let i = text.indexOf(" "); i >= 0; i = text.indexOf(" ", i + 1)) words += 1;
  return words;
}

function inParagraphs(language, sentences, ask) {
  const [first, ...rest] = sentences;
  const style = ask.row.style === "marked" && sentences.length > 2 ? `**${language.mark}** ${first}` : `${language.mark} ${first}`;
  const perParagraph = sentences.length > 8 ? 5 : sentences.length;
  const paragraphs = [];
  const all = [style, ...rest];
  for (let i = 0; i < all.length; i += perParagraph) paragraphs.push(all.slice(i, i + perParagraph).join(joint(language)));
  return paragraphs.join("\n\n");
}

const points = (sentences, numbered) => sentences.map((text, i) => `${numbered ? `${i + 1}.` : "-"} ${capital(text)}`).join("\n");

// Sentences with as many words in all as the wish says, or nearly so.
function ofWords(language, sentences, wish) {
  const usual = wish.said === "" && language.unspaced ? 2 * wish.count : wish.count;
  const aim = wish.least ? Math.ceil(usual * 1.1) : wish.most ? Math.floor(usual * 0.85) : usual;
  const chosen = [];
  const waiting = [];
  let left = aim - wordsIn(language, language.mark);
  while (left > 0) {
    while (waiting.length < WAITING) {
      const text = sentences.next().value;
      waiting.push({ text, words: wordsIn(language, text) });
    }
    const next = (chosen.length ? left < LAST : waiting[0].words > left) ? longestFitting(waiting, left, chosen) : 0;
    if (next < 0) break;
    const [{ text, words }] = waiting.splice(next, 1);
    chosen.push(text);
    left -= words;
  }
  if (wish.least && left > aim - usual) chosen.push(language.fillers[0]);
  return chosen;
}

// Near the end the sentence is chosen that leaves the fewest words over.
const LAST = 30;
const WAITING = 12;

function longestFitting(waiting, left, chosen) {
  let best = -1;
  waiting.forEach(({ text, words }, i) => {
    if (words <= left && (best < 0 || words > waiting[best].words) && !chosen.includes(text)) best = i;
  });
  return best;
}

function ofCharacters(language, sentences, wish) {
  let text = language.mark;
  const aim = wish.least ? Math.ceil(wish.count * 1.1) : wish.count;
  for (let tries = 0; tries < 40 || (wish.least && text.length < wish.count); tries += 1) {
    const sentence = sentences.next().value;
    if (text.length + 1 + sentence.length <= aim || (wish.least && text.length < wish.count)) text += (tries === 0 ? " " : joint(language)) + sentence;
    if (text.length > aim - 20 || tries > 5_000) break;
  }
  return wish.least ? text : [...text].slice(0, Math.max(wish.count, 1)).join("").trimEnd();
}

// A series of sentences without end: first the subject, then what a real answer would have.
function* speak(language, subject, random) {
  const put = (text) => text.replaceAll("{s}", () => subject);
  yield put(pick(language.opening, random));
  for (let round = 0; ; round += 1) {
    // The first one begins.
    const leads = round === 0 ? [language.leads[0], ...shuffle(language.leads.slice(1), random)] : shuffle(language.leads.slice(1), random);
    const contents = shuffle(language.contents, random);
    const fillers = shuffle(language.fillers, random);
    for (let i = 0; i < leads.length; i += 1) {
      if (i % 3 === 0) yield fillers[(i / 3) % fillers.length];
      yield put(leads[i].replace("{c}", () => contents[i % contents.length]));
    }
  }
}

function take(series, count) {
  const found = [];
  while (found.length < count) found.push(series.next().value);
  return found;
}

function shuffle(list, random) {
  const copy = [...list];
  for (let i = copy.length - 1; i > 0; i -= 1) {
    const j = Math.floor(random() * (i + 1));
    [copy[i], copy[j]] = [copy[j], copy[i]];
  }
  return copy;
}

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
