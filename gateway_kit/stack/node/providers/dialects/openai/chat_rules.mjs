// What OpenAI checks of a chat completion beyond each field by itself: which fields go together, and what a model takes.

import { ProviderError } from "../../errors.mjs";
import { WORDS, enumeration, refusal } from "./words.mjs";
import { checkMessages } from "./message_rules.mjs";
import { schemaFault } from "./strict_schema.mjs";

/** Raises OpenAI's error for what the fields' declarations cannot say; `abilities` are the model's, or null if it is unknown. */
export function checkRules(body, abilities) {
  // What OpenAI refuses, another provider may take.
  if (!abilities?.takesAll) {
    if (abilities) checkAbilities(body, abilities);
    checkCompany(body);
    checkFormat(body);
  }
  checkTools(body);
  checkMessages(body.messages);
}

const given = (body, name) => body[name] !== undefined && body[name] !== null;

const unsupported = (name, help = "") => refusal(`Unsupported parameter: '${name}' is not supported with this model.${help}`, name, "unsupported_parameter");
const unsupportedValue = (name, message) => refusal(`Unsupported value: '${name}' does not support ${message}`, name, "unsupported_value");

// Refused by models that reason, whatever the value; the second list only while they reason.
const NEVER_WITH_REASONING = ["stop", "logit_bias", "prediction"];
const NOT_WHILE_REASONING = ["presence_penalty", "frequency_penalty", "logprobs", "top_logprobs", "top_p"];
const ASKS_NOTHING = { presence_penalty: 0, frequency_penalty: 0, logprobs: false, top_p: 1 };

function checkAbilities(body, { efforts, effort, output, choices, serial, elsewhere }) {
  if (elsewhere) throw new ProviderError("only_responses", { param: "model" });
  if (given(body, "n") && choices && body.n > choices) throw WORDS.range(["n"], { max: choices }, body.n, { kind: "integer", max: choices });
  if (efforts === null) checkPlain(body);
  else {
    if (given(body, "max_tokens")) throw unsupported("max_tokens", " Use 'max_completion_tokens' instead.");
    checkReasoning(body, efforts, body.reasoning_effort ?? effort);
    if (serial && given(body, "parallel_tool_calls")) throw unsupported("parallel_tool_calls");
  }
  for (const name of ["max_tokens", "max_completion_tokens"]) {
    if (given(body, name) && body[name] > output) {
      throw refusal(`${name} is too large: ${body[name]}. This model supports at most ${output} completion tokens, whereas you provided ${body[name]}.`, name, "invalid_value");
    }
  }
}

function checkPlain(body) {
  if (given(body, "reasoning_effort")) throw refusal("Unrecognized request argument supplied: reasoning_effort");
  if (given(body, "verbosity") && body.verbosity !== "medium") {
    throw unsupportedValue("verbosity", `'${body.verbosity}' with this model. Supported values are: 'medium'.`);
  }
}

function checkReasoning(body, efforts, effort) {
  if (!efforts.includes(effort)) {
    throw unsupportedValue("reasoning_effort", `'${effort}' with this model. Supported values are: ${enumeration(efforts)}.`);
  }
  for (const name of NEVER_WITH_REASONING) if (given(body, name)) throw unsupported(name);
  if (effort === "none") return;
  if (given(body, "temperature") && body.temperature !== 1) {
    throw unsupportedValue("temperature", `${body.temperature} with this model. Only the default (1) value is supported.`);
  }
  for (const name of NOT_WHILE_REASONING) if (given(body, name) && body[name] !== ASKS_NOTHING[name]) throw unsupported(name);
}

function checkCompany(body) {
  if (given(body, "max_tokens") && given(body, "max_completion_tokens")) {
    throw refusal("Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.", "max_tokens", "invalid_parameter_combination");
  }
  if (given(body, "top_logprobs") && body.logprobs !== true) {
    throw refusal("The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled.", "top_logprobs");
  }
  if (given(body, "stream_options") && body.stream !== true) {
    throw refusal("The 'stream_options' parameter is only allowed when 'stream' is enabled.", "stream_options");
  }
  const needs = [["tool_choice", "tools"], ["parallel_tool_calls", "tools"], ["function_call", "functions"]];
  for (const [name, other] of needs) {
    if (given(body, name) && !given(body, other)) throw refusal(`Invalid value for '${name}': '${name}' is only allowed when '${other}' are specified.`, name);
  }
  if (given(body, "tools") && given(body, "functions")) {
    throw refusal("'functions' and 'tools' cannot be specified at the same time: 'functions' is the older form of 'tools'.", "functions");
  }
}

function checkTools(body) {
  const tools = body.tools ?? [];
  for (const [index, tool] of tools.entries()) {
    if (tool.type === "function") checkParameters(tool.function, `tools[${index}].function.parameters`);
  }
  for (const [index, definition] of (body.functions ?? []).entries()) checkParameters(definition, `functions[${index}].parameters`);
  const names = new Set(tools.map((tool) => tool[tool.type].name));
  for (const name of chosenNames(body.tool_choice)) {
    if (!names.has(name)) throw refusal(`Invalid value for 'tool_choice': no function named '${name}' was specified in the 'tools' parameter.`, "tool_choice");
  }
  const called = body.function_call?.name;
  if (called !== undefined && !body.functions.some((one) => one.name === called)) {
    throw refusal(`Invalid value for 'function_call': no function named '${called}' was specified in the 'functions' parameter.`, "function_call");
  }
}

/** The tools that a tool_choice names. */
export function chosenNames(choice) {
  if (choice === null || typeof choice !== "object") return [];
  if (choice.type === "allowed_tools") return choice.allowed_tools.tools.map((tool) => String(tool?.[tool?.type]?.name));
  return [choice[choice.type].name];
}

function checkParameters({ name, parameters, strict }, param) {
  if (!parameters) return;
  const fault = schemaFault(parameters, strict === true);
  if (fault) throw refusal(`Invalid schema for function '${name}': ${fault}`, param, "invalid_function_parameters");
}

function checkFormat({ response_format: format, messages }) {
  if (format?.type === "json_schema") {
    const { name, schema, strict } = format.json_schema;
    const fault = schema ? schemaFault(schema, strict === true) : null;
    if (fault) throw refusal(`Invalid schema for response_format '${name}': ${fault}`, "response_format");
  }
  if (format?.type === "json_object" && !messages.some((message) => /json/i.test(JSON.stringify(message.content ?? "")))) {
    throw refusal("'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.", "messages");
  }
}
