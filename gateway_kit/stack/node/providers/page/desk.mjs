// The simulated help desk and its judge, as tables: what their prompts change, and how likely each mistake is.

import { MATERIAL } from "../answering/help_desk/material.mjs";

const percent = (share) => `${Number((100 * share).toFixed(1))} %`;
const spaced = (name) => name.replaceAll("_", " ");
const kinds = (habit) => (typeof habit === "number" ? { always: habit } : habit);
const rows = (habits) => Object.entries(habits).flatMap(([name, habit]) =>
  Object.entries(kinds(habit)).map(([when, share]) => [spaced(name), when, percent(share)]));

export const DESK = {
  title: "A help desk and its judge",
  text: [
    "So that experiments with prompts have a truth to find, every chat model also plays a help desk whose answers depend on its prompt: it is asked if the system's message (or, without one, the user's message before `Question:`) names `Lighthouse Books` and a `help desk`. It knows what these customers ask about, in English and German; other questions are not answered by the house rules. Answers are drawn anew for each model, prompt, question and seed, and are the same for the same call. Their header `x-simulated` is `help_desk`.",
    "If the prompt also asks to judge, grade, rate, evaluate, assess or score, and the message has a question and an answer (after `Question:` and `Answer:`, in tags or in JSON), the model plays a judge. It reads what is wrong from the words of the answer, whoever wrote it, and overlooks mistakes that its rubric does not name. Its header is `judge`, and its reason begins with `Simulated verdict`.",
  ],
  tables: [
    { caption: "Rules that the help desk's prompt may state", head: ["Rule", "Meaning", "Found by"], rows: Object.entries(MATERIAL.rules).map(([name, { means, found }]) => [spaced(name), means, `\`${found}\``]) },
    { caption: "What the help desk does, by its rules", head: ["It", "When", "Share"], rows: rows(MATERIAL.habits) },
    { caption: "What customers ask about", head: ["Kind", "About one order", "The house rules say"], rows: Object.entries(MATERIAL.kinds).map(([name, { order, says }]) => [name, order ? "yes" : "no", [says.en.fact[0], says.en.condition?.[0]].filter(Boolean).join(" … ")]) },
    { caption: "How often the judge overlooks a mistake", head: ["Mistake", "When", "Share"], rows: Object.entries(MATERIAL.judge.overlooks).flatMap(([name, { usually, asked }]) => [[spaced(name), "usually", percent(usually)], [spaced(name), "its rubric names it", percent(asked)]]) },
    { caption: "The judge's other mistakes", head: ["It", "When", "Share"], rows: [...rows({ "fails a good answer without a greeting": MATERIAL.judge.fails_without_greeting }), ["says the opposite", "always", percent(MATERIAL.judge.chance)]] },
  ],
};
