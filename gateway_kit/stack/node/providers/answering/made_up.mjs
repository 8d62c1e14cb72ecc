// Made-up text for prompts that the bank does not know: of the length that was asked for, marked as simulated.

import { wishOf } from "./length.mjs";
import { pick } from "./prompt.mjs";

/** The text of an answer that says nothing but that it is simulated. */
export function madeUp(ask) {
  const { language } = ask;
  const random = ask.random("text");
  if (language.greeting?.test(ask.gist.trim().toLowerCase()) && ask.gist.length < 40) return `${language.mark} ${pick(language.hello, random)}`;
  const wish = wishOf(ask.gist, ask.row.style);
  const subject = ask.subject ? `${language.quotes[0]}${ask.subject}${language.quotes[1]}` : language.nothing;
  const sentences = speak(language, subject, random);
  if (wish.sentences) return `${language.mark} ${take(sentences, wish.sentences).join(" ")}`;
  if (wish.points) return `${language.mark}\n${take(sentences, wish.points).map((text, i) => `${wish.numbered ? `${i + 1}.` : "-"} ${capital(text)}`).join("\n")}`;
  let count = language.mark.split(" ").length;
  const chosen = [];
  for (const sentence of sentences) {
    const words = sentence.split(" ").length;
    if (count + words > wish.words + 3 && chosen.length) break;
    chosen.push(sentence);
    count += words;
  }
  const perParagraph = Math.ceil(chosen.length / (wish.paragraphs ?? Math.max(1, Math.round(wish.words / 90))));
  const paragraphs = [];
  for (let i = 0; i < chosen.length; i += perParagraph) paragraphs.push(chosen.slice(i, i + perParagraph).join(" "));
  return `${language.mark} ${paragraphs.join("\n\n")}`;
}

function* speak(language, subject, random) {
  const put = (text) => text.replaceAll("{s}", () => subject);
  yield put(pick(language.opening, random));
  for (;;) {
    const leads = shuffle(language.leads, random);
    const contents = shuffle(language.contents, random);
    const fillers = shuffle(language.fillers, random);
    for (let i = 0; i < leads.length; i += 1) {
      yield put(`${leads[i]} ${contents[i % contents.length]}.`);
      if (i % 2 === 1) yield put(fillers[i % fillers.length]);
    }
  }
}

function take(series, count) {
  const found = [];
  for (const item of series) {
    found.push(item);
    if (found.length >= count) break;
  }
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

/** One sentence, for texts within JSON. */
export function madeUpBriefly(ask, maxLength = Infinity) {
  const { language } = ask;
  const subject = ask.subject ? `${language.quotes[0]}${ask.subject}${language.quotes[1]}` : language.nothing;
  const text = `${language.mark} ${pick(language.opening, ask.random("brief")).replaceAll("{s}", () => subject)}`;
  return text.length <= maxLength ? text : language.mark;
}

/** Some sentences on how the answer is found. */
export function madeUpReasoning(ask) {
  const { language } = ask;
  const subject = ask.subject ? `${language.quotes[0]}${ask.subject}${language.quotes[1]}` : language.nothing;
  return language.thinking.map((text) => text.replaceAll("{s}", () => subject)).join(" ");
}
