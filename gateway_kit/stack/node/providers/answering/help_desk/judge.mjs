// The simulated judge of the help desk's answers: it sees what is wrong, and overlooks what its rubric does not name.

import { languageOf } from "../languages/index.mjs";
import { MATERIAL, codeOf, found } from "./material.mjs";
import { mistakesIn } from "./mistakes.mjs";

const { judge, phrases } = MATERIAL;
const WORDS = {
  wrong_fact: "the fact is wrong", no_condition: "a condition is missing", promise: "it promises what nobody can keep",
  no_order_number: "it does not ask for the order number", needless_order_number: "it asks for an order number without need",
  other_language: "it is not in the customer's language", invented: "the house rules do not say this",
  gave_up: "the house rules have the answer", greeting: "it is curt",
};
const LABELS = { question: "question|customer|input|user", answer: "answer|reply|response|output|assistant" };

/** Question and answer in a text to judge: after labels, within tags or in JSON; null if they are not there. */
export function caseIn(text) {
  const question = part(text, LABELS.question);
  const answer = part(text, LABELS.answer);
  return question && answer ? { question, answer } : null;
}

const OTHER = "expected|reference|correct answer|ideal answer|verdict|rubric";
const ANY = `${LABELS.question}|${LABELS.answer}|${OTHER}`;

function part(text, names) {
  const tagged = new RegExp(`<(${names})>([\\s\\S]{1,8000}?)</\\1>`, "iu").exec(text);
  if (tagged) return tagged[2].trim();
  const quoted = new RegExp(`"(?:${names})"\\s*:\\s*("(?:[^"\\\\]|\\\\.){1,8000}")`, "iu").exec(text);
  if (quoted) return parsed(quoted[1]);
  const start = new RegExp(`^[\\s#*]*(?:the )?(?:customer's |desk's )?(?:${names})[*]*\\s*:[*]*`, "imu").exec(text);
  if (!start) return "";
  const rest = text.slice(start.index + start[0].length);
  const end = new RegExp(`^[\\s#*]*(?:the )?(?:customer's |desk's )?(?:${ANY})[\\w ]{0,20}[*]*\\s*:`, "imu").exec(rest);
  return (end ? rest.slice(0, end.index) : rest).trim();
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return "";
  }
}

/** The mistakes in an answer, in the language that its words are in. */
export const readMistakes = (question, answer) => mistakesIn(question, answer, ...[question, answer].map((text) => codeOf(languageOf(text))));

/** The verdict: `{ passed, reason }`. `rubric` is what the judge was told to look at. */
export function verdict(ask, rubric, { question, answer }) {
  // The rubric's wording does not change which mistakes a judge overlooks, only whether it is told to look for them:
  // so a better rubric never makes a judge miss what it saw before.
  const random = ask.random("judge");
  const draws = Object.fromEntries([...Object.keys(judge.overlooks), "tone", "chance"].map((name) => [name, random()]));
  const named = (name) => found(judge.rubric[name], rubric);
  const share = (shares, name) => (named(name) ? shares.asked : shares.usually);
  const seen = readMistakes(question, answer).filter((name) => draws[name] >= share(judge.overlooks[name], name));
  const greeted = Object.values(phrases).some(({ greeting }) => answer.includes(greeting));
  const tone = judge.fails_without_greeting;
  if (!greeted && draws.tone < (named("tone") ? tone["told that tone does not count"] : tone.usually)) seen.push("greeting");
  const flipped = draws.chance < judge.chance;
  const passed = (seen.length === 0) !== flipped;
  const why = passed ? "nothing is wrong with it" : seen.map((name) => WORDS[name]).join("; ") || "it does not help the customer";
  return { passed, reason: `Simulated verdict: ${why}.` };
}
