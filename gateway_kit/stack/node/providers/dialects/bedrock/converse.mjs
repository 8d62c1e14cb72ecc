// The wire format of Amazon Bedrock's Converse API: a request becomes a call.

import { asksForJson } from "../anthropic/asked_form.mjs";
import { checkFields } from "../fields.mjs";
import { checkPointers, readAdditional } from "./additional.mjs";
import { memberOf, readMessage, readSystem } from "./blocks.mjs";
import { checkConversation } from "./conversation.mjs";
import { FIELDS } from "./converse_fields.mjs";
import { abilitiesOf } from "./families.mjs";
import { readOutputConfig } from "./output_config.mjs";
import { checkCachePoints } from "./prompt_cache.mjs";
import { WORDS, invalid, notForModel } from "./words.mjs";

// LiteLLM asks a model that has no outputConfig for JSON by a tool of this name, whose arguments are the answer.
const ANSWER_TOOL = "json_tool_call";

export function read(body, route) {
  checkFields(FIELDS, body, WORDS);
  const abilities = abilitiesOf(route.model);
  const config = body.inferenceConfig ?? {};
  if (config.maxTokens > abilities.mostTokens) {
    throw invalid(`The maximum tokens you requested exceeds the model limit of ${abilities.mostTokens}. Try again with a maximum tokens value that is lower than ${abilities.mostTokens}.`);
  }
  if (config.stopSequences?.length && !abilities.stops) throw notForModel("stopSequences");
  checkCachePoints(body, abilities);
  checkPointers(body.additionalModelResponseFieldPaths);
  const messages = body.messages ?? [];
  checkConversation(messages, body.toolConfig, abilities);
  const plain = messages.flatMap((message, index) => readMessage(message, abilities, ["messages", index]));
  const system = readSystem(body.system ?? []);
  if (system) plain.unshift({ role: "system", text: system, toolCalls: [] });
  const tools = readTools(body.toolConfig, abilities);
  const additional = readAdditional(body.additionalModelRequestFields ?? {}, config, tools.forced, abilities, route.model);
  return {
    model: route.model,
    messages: plain,
    ...tools,
    format: tools.format ?? readOutputConfig(body.outputConfig, abilities) ?? additional.format ?? formatAsked(plain, body.toolConfig),
    thinking: additional.thinking,
    parallelTools: additional.parallelTools,
    maxTokens: config.maxTokens,
    stop: config.stopSequences ?? [],
    temperature: config.temperature,
    choices: 1,
    stream: route.stream,
    prefill: messages.at(-1).role === "assistant" ? plain.at(-1).text : undefined,
  };
}

// LiteLLM's `json_object` sends these models nothing but the prompt, which asks for JSON in words.
const formatAsked = (messages, toolConfig) => (!toolConfig && asksForJson(messages) ? { kind: "json_object" } : undefined);

/** `{ tools, toolChoice, forced, format, answerTool }` of a request's toolConfig. */
function readTools(toolConfig, abilities) {
  if (!toolConfig) return { tools: [], toolChoice: "auto", forced: false };
  if (!abilities.tools) throw invalid("This model doesn't support tool use.");
  const specs = toolConfig.tools.filter((tool, index) => memberOf(tool, ["toolConfig", "tools", index]) === "toolSpec").map(readTool);
  const choice = readToolChoice(toolConfig.toolChoice, abilities, specs);
  const answer = specs.find(({ name }) => name === ANSWER_TOOL);
  const forced = choice === "required" || typeof choice === "object";
  if (!answer || (typeof choice === "object" && choice.name !== ANSWER_TOOL)) return { tools: specs, toolChoice: choice, forced };
  const tools = specs.filter((spec) => spec !== answer);
  return {
    tools: typeof choice === "object" ? [] : tools, toolChoice: "auto", forced, answerTool: ANSWER_TOOL,
    format: { kind: "json_schema", name: ANSWER_TOOL, schema: answer.parameters },
  };
}

function readTool({ toolSpec: { name, description, inputSchema } }, index) {
  if (inputSchema.json.type !== "object") {
    throw invalid(`The value at toolConfig.tools.${index}.toolSpec.inputSchema.json.type must be one of the following: object.`);
  }
  return { name, description, parameters: inputSchema.json };
}

function readToolChoice(choice, abilities, tools) {
  if (!choice) return "auto";
  const member = memberOf(choice, ["toolConfig", "toolChoice"]);
  if (!abilities.toolChoice.includes(member)) throw notForModel(`toolConfig.toolChoice.${member}`);
  if (member !== "tool") return member === "any" ? "required" : "auto";
  const { name } = choice.tool;
  if (!tools.some((tool) => tool.name === name)) throw invalid(`The tool ${name} at toolConfig.toolChoice.tool is not among toolConfig.tools.`);
  return { name };
}

export { callPrefix, complete } from "./converse_answer.mjs";
export { close, end, open, reasoning, text, toolCall } from "./converse_stream.mjs";
export { contentType, failure } from "./frames.mjs";
