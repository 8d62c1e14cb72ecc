// Answers of the simulated help desk: its prompt's rules change how likely it makes which mistake (help_desk.json).

import { pick } from "../prompt.mjs";
import { MATERIAL, codeOf, found, kindOf } from "./material.mjs";

const { habits, rules } = MATERIAL;

/** The names of the rules that a prompt states. */
export const rulesIn = (instructions) => new Set(Object.keys(rules).filter((name) => found(rules[name].found, instructions)));

/** The answer to a customer's question under these instructions. Each decision is drawn from the call's own chance. */
export function deskAnswer(ask, instructions, question, written) {
  const has = rulesIn(instructions);
  // Another wording of the prompt is another call, as with a real model.
  const random = ask.random(`help desk ${instructions}`);
  const chance = (share) => random() < share;
  const asked = codeOf(written);
  const keeps = asked === "en" || chance(has.has("language") ? habits.keeps_language.asked : habits.keeps_language.usually);
  const code = keeps ? asked : "en";
  const kind = kindOf(question, asked);
  const said = kind ? known(kind, code, has, chance, random) : unknown(code, has, chance, random);
  const { greeting, more } = MATERIAL.phrases[code];
  const spoken = [has.has("warm") && greeting, ...said, !has.has("brief") && more];
  return spoken.filter(Boolean).join(" ");
}

function known(kind, code, has, chance, random) {
  const words = MATERIAL.phrases[code];
  const says = kind.says[code];
  if (chance(has.has("do_not_guess") ? habits.gives_up["told not to guess"] : habits.gives_up.usually)) return [words.pass_on];
  const fact = pick(chance(habits.wrong_fact) ? says.wrong : says.fact, random);
  const condition = says.condition && chance(conditionShare(has)) ? joined(fact, pick(says.condition, random)) : fact;
  return [`${condition}.`, says.promise && chance(promiseShare(has)) && says.promise, chance(orderShare(kind, has)) && words.ask];
}

const joined = (fact, condition) => `${fact}${/^(?:and|but|ohne|und) /.test(condition) || /^(?:können|lassen|Plätze|there|though|for|free|without|ab)/.test(condition) ? "," : ""} ${condition}`;

function conditionShare(has) {
  const shares = habits.states_condition;
  if (has.has("conditions")) return has.has("brief") ? shares["brief and asked"] : shares.asked;
  return has.has("brief") ? shares.brief : shares.usually;
}

function promiseShare(has) {
  if (has.has("no_promises")) return habits.promises.forbidden;
  return has.has("warm") ? habits.promises.warm : habits.promises.usually;
}

function orderShare(kind, has) {
  const asked = has.has("order_number");
  if (kind.order) return asked ? habits.asks_for_order.asked : habits.asks_for_order.usually;
  const shares = habits.asks_needlessly;
  if (!asked) return shares.usually;
  if (has.has("order_number_when_needed")) return shares["asked only when needed"];
  return kind.close_to_order ? shares["asked, of a question close to an order"] : shares.asked;
}

function unknown(code, has, chance, random) {
  const admits = chance(has.has("do_not_guess") ? habits.admits.asked : habits.admits.usually);
  return [admits ? MATERIAL.phrases[code].pass_on : pick(MATERIAL.other[code], random)];
}
