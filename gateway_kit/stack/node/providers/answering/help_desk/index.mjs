// A help desk and its judge, so that experiments with prompts have a truth to find. Their prompts name the shop.

import { deskAnswer } from "./desk.mjs";
import { caseIn, verdict } from "./judge.mjs";
import { readable } from "./material.mjs";
import { asFacts, inWords, objectOf } from "./spelling.mjs";
import { languageOf } from "../languages/index.mjs";

const SHOP = /\blighthouse books\b/i;
const DESK = /\bhelp ?desk\b/i;
const JUDGE = /\b(?:judge|grade|rate|evaluate|assess|score)\b/i;
const QUESTION = /^[\s#*]*(?:the )?(?:customer(?:'s|’s)? )?(?:question|customer|message)[*]*\s*:[*]*\s*/imu;

/**
 * What the help desk or its judge answers: `{ text, facts, json, source }`; null if the call is not meant for them.
 *
 * A call is meant for the desk if its instructions name "Lighthouse Books" and a "help desk"; for the judge if they ask
 * to judge an answer too, and the message has a question and an answer. Instructions are the system's messages; where
 * there are none, the message of the user, with the question after "Question:".
 */
export function helpDesk(ask) {
  const system = ask.call.messages.filter(({ role }) => role === "system").map(({ text }) => text).join("\n");
  const instructions = readable((system || ask.prompt).toWellFormed());
  if (!SHOP.test(instructions) || !DESK.test(instructions)) return null;
  const prompt = readable(ask.prompt.toWellFormed());
  if (JUDGE.test(instructions)) {
    const judged = caseIn(prompt);
    return judged && judgement(ask, instructions, verdict(ask, instructions, judged));
  }
  const question = system ? prompt : afterLabel(prompt);
  if (!question.trim()) return null;
  return { text: deskAnswer(ask, instructions, question, languageOf(question)), source: "help_desk" };
}

function judgement(ask, instructions, { passed, reason }) {
  const asked = `${instructions}\n${ask.gist}`;
  const facts = asFacts(passed, reason, asked, ask.call.format?.schema);
  const json = ask.call.format?.kind === "json_object" ? objectOf(facts, asked) : undefined;
  return { text: `${inWords(passed, asked)}\n${reason}`, facts, json, source: "judge" };
}

function afterLabel(prompt) {
  const label = QUESTION.exec(prompt);
  return label ? prompt.slice(label.index + label[0].length) : "";
}
