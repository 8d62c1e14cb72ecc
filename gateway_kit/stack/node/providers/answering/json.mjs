// Answers in the form that a call asks for: a JSON schema, any JSON object, or one of some values.

import { fill } from "./fill.mjs";
import { madeUp } from "./made_up.mjs";

/** `text` and `facts` are the answer in words and its values, if it is known. */
export function jsonFor(ask, text, facts) {
  const { format } = ask.call;
  if (format.kind === "enum") return chooseValue(ask, format.values, text);
  if (format.kind === "json_object") {
    if (facts && !facts.text) return JSON.stringify(facts);
    return JSON.stringify({ answer: facts?.text ?? text ?? madeUp(ask) });
  }
  return JSON.stringify(fill(format.schema, { ask, answer: text, facts }));
}

function chooseValue(ask, values, text) {
  const said = `${text ?? ""}\n${ask.gist}`.toLowerCase();
  return values.find((value) => said.includes(String(value).toLowerCase())) ?? values[Math.floor(ask.random("enum")() * values.length)];
}
