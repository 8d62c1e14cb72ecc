// CountTokens: the tokens of a Converse request or of an InvokeModel body, without an answer.

import { countPromptTokens } from "../../tokens.mjs";
import { checkFields, object, text } from "../fields.mjs";
import { isObject } from "../shared.mjs";
import { json } from "./block_fields.mjs";
import { memberOf } from "./blocks.mjs";
import { FIELDS as CONVERSE } from "./converse_fields.mjs";
import { WORDS, invalid } from "./words.mjs";

const { messages, system } = CONVERSE;
// Its example there has other fields beside it, which are in another place here.
const toolConfig = { ...CONVERSE.toolConfig, example: undefined };

export const FIELDS = {
  input: object({
    converse: object({ messages, system, toolConfig, additionalModelRequestFields: json() }),
    invokeModel: object({ body: text({ required: true, note: "the body for InvokeModel in base64" }) }),
  }, { required: true }),
};

/** An operation that answers with `{ inputTokens }`; `dialects` reads `{ converse, invokeModel }` of the route's model. */
export async function countTokens(simulator, exchange, route, body) {
  checkFields(FIELDS, body, WORDS);
  const member = memberOf(body.input, ["input"]);
  const dialect = route.dialects[member];
  if (!dialect) throw invalid("The simulator counts no tokens of this model's InvokeModel body; use converse.");
  const call = dialect.read(member === "converse" ? body.input.converse : decoded(body.input.invokeModel.body), route);
  simulator.findModel(exchange, call.model, "chat");
  exchange.json(200, { inputTokens: countPromptTokens(call.messages, call.tools) });
}

function decoded(text64) {
  try {
    const body = JSON.parse(Buffer.from(text64, "base64").toString("utf8"));
    if (isObject(body)) return body;
  } catch {
    // It is refused below.
  }
  throw invalid("The body at input.invokeModel.body is not a JSON object in base64.");
}
