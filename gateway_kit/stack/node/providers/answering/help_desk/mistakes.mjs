// What is wrong with an answer to a customer: read from its words, whoever wrote it.

import { MATERIAL, found, kindOf } from "./material.mjs";

const { phrases } = MATERIAL;
const either = (name, text) => Object.values(phrases).some((words) => found(words[name], text));

/** The names of the mistakes in `answer`, as in help_desk.json under `judge.overlooks`; [] for a good answer. */
export function mistakesIn(question, answer, asked, answered) {
  const kind = kindOf(question, asked);
  const passedOn = either("pass_on_found", answer);
  const wrong = [];
  if (asked !== answered) wrong.push("other_language");
  if (!kind) return passedOn ? wrong : [...wrong, "invented"];
  if (passedOn && !found(kind.fact.found, answer)) return [...wrong, "gave_up"];
  if (!found(kind.fact.found, answer)) wrong.push("wrong_fact");
  if (kind.condition && !found(kind.condition.found, answer)) wrong.push("no_condition");
  if (either("promise_found", answer)) wrong.push("promise");
  const asks = either("ask_found", answer);
  if (kind.order && !asks) wrong.push("no_order_number");
  if (!kind.order && asks) wrong.push("needless_order_number");
  return wrong;
}
