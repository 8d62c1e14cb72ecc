// Runs functions of the answering module: a JSON line in, a JSON line out.
//   { "fill": schema, "with": { prompt, seed, … } }  →  { "value": … } or { "refused": sentence }
//   { "question": …, "answer": … }                    →  { "mistakes": [ … ] } of the help desk's answer
//   { "call": { … }, "row": { … }, "index": 0 }       →  { "answer": … } or { "refused": sentence }

import { createInterface } from "node:readline";

import { SchemaError, answerFor, fill } from "../../../gateway_kit/stack/node/providers/answering/index.mjs";
import { readMistakes } from "../../../gateway_kit/stack/node/providers/answering/help_desk/judge.mjs";
import { MODELS } from "../../../gateway_kit/stack/node/providers/models.mjs";

const CALL = { tools: [], toolChoice: "auto", parallelTools: true, stop: [], choices: 1, stream: false };

for await (const line of createInterface({ input: process.stdin })) console.log(JSON.stringify(run(JSON.parse(line))));

function run({ fill: schema, with: material, call, model = "gpt-4o-mini", index, own, question, answer: judged }) {
  try {
    if (question !== undefined) return { mistakes: readMistakes(question, judged) };
    if (call === undefined) return { value: fill(schema, material) };
    const row = MODELS.find((each) => each.model === model);
    const before = process.hrtime.bigint();
    const answer = answerFor({ ...CALL, model, ...call }, row, index ?? 0, own);
    return { answer, micros: Number(process.hrtime.bigint() - before) / 1000 };
  } catch (error) {
    if (error instanceof SchemaError) return { refused: error.message };
    return { crashed: error.stack };
  }
}
