// The fields of a model's own API beside Converse's: in a request, and in an answer.

import { isObject } from "../shared.mjs";
import { readClaude } from "./claude_rules.mjs";
import { fromModel, invalid } from "./words.mjs";

// What Converse says itself may not be said once more.
const OF_CONVERSE = ["messages", "system", "max_tokens", "maxTokens", "temperature", "top_p", "topP", "stop_sequences", "stopSequences", "tools", "toolConfig"];

/** What additionalModelRequestFields change in the call: `{ thinking, parallelTools, format }`. */
export function readAdditional(fields, config, forcesTool, abilities, model) {
  for (const name in fields) if (OF_CONVERSE.includes(name)) throw invalid(`The additional field ${name} conflicts with an existing field.`);
  if (abilities.name === "claude") return readClaude(fields, config, forcesTool, model);
  for (const name in fields) if (abilities.additional?.includes(name) === false) throw extraneous("#", name);
  return abilities.name === "nova" ? readNova(fields, abilities) : { parallelTools: true, thinking: abilities.alwaysThinks ? {} : undefined };
}

const extraneous = (place, name) => fromModel(`Malformed input request: ${place}: extraneous key [${name}] is not permitted, please reformat your input and try again.`);

function readNova({ inferenceConfig, reasoningConfig }, abilities) {
  for (const name in inferenceConfig ?? {}) if (name !== "topK") throw extraneous("#/inferenceConfig", name);
  if (reasoningConfig === undefined) return { parallelTools: true };
  if (!abilities.thinking) throw extraneous("#", "reasoningConfig");
  if (!isObject(reasoningConfig) || !["enabled", "disabled"].includes(reasoningConfig.type)) {
    throw fromModel("Malformed input request: #/reasoningConfig/type: expected enabled or disabled, please reformat your input and try again.");
  }
  return { parallelTools: true, thinking: reasoningConfig.type === "enabled" ? {} : undefined };
}

/** The fields of the model's own answer that the request asked for, by JSON pointers; undefined if it asked for none. */
export function readPointers(answer, pointers) {
  if (!pointers?.length) return undefined;
  const found = {};
  for (const pointer of pointers) copy(answer, pointer.split("/").slice(1).map(unescape), found);
  return found;
}

const unescape = (step) => step.replaceAll("~1", "/").replaceAll("~0", "~");

// A pointer to something that the answer does not have is passed over, as on AWS.
function copy(from, [step, ...rest], into) {
  if (!isObject(from) || !Object.hasOwn(from, step)) return;
  if (rest.length === 0) into[step] = from[step];
  else {
    if (!isObject(into[step])) into[step] = {};
    copy(from[step], rest, into[step]);
  }
}

export function checkPointers(pointers) {
  for (const [index, pointer] of (pointers ?? []).entries()) {
    if (!pointer.startsWith("/")) {
      throw invalid(`The value at additionalModelResponseFieldPaths.${index} is not a JSON pointer. Begin it with a slash and try again.`);
    }
  }
}
