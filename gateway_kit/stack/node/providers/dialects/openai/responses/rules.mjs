// What OpenAI checks of a response's request beyond each field by itself: which go together, and what a model takes.

import { schemaFault } from "../strict_schema.mjs";
import { enumeration, refusal } from "../words.mjs";

const given = (value) => value !== undefined && value !== null;

/** Raises OpenAI's error for what the fields' declarations cannot say; `abilities` are the model's, or null if it is unknown. */
export function checkRules(body, abilities) {
  checkCompany(body);
  if (abilities && !abilities.takesAll) checkAbilities(body, abilities);
  checkTools(body.tools ?? []);
  checkChoice(body.tool_choice, body.tools ?? []);
  checkFormat(body.text?.format);
}

function checkCompany(body) {
  if (given(body.stream_options) && body.stream !== true) {
    throw refusal("The 'stream_options' parameter is only allowed when 'stream' is enabled.", "stream_options");
  }
  if (body.background === true && body.store === false) throw refusal("Background mode requires 'store' to be true.", "background");
  if (given(body.background_options) && body.background !== true) {
    throw refusal("The 'background_options' parameter is only allowed when 'background' is enabled.", "background_options");
  }
}

const unsupported = (name) => refusal(`Unsupported parameter: '${name}' is not supported with this model.`, name, "unsupported_parameter");
const unsupportedValue = (name, value, model, values) =>
  refusal(`Unsupported value: '${value}' is not supported with the '${model}' model. Supported values are: ${enumeration(values)}.`, name, "unsupported_value");

function checkAbilities(body, { efforts, effort, output }) {
  const { reasoning, include, model } = body;
  if (given(body.max_output_tokens) && body.max_output_tokens > output) {
    throw refusal(`Invalid 'max_output_tokens': this model supports at most ${output} output tokens, but got ${body.max_output_tokens} instead.`,
      "max_output_tokens", "integer_above_max_value");
  }
  if (efforts === null) {
    for (const name of ["effort", "summary", "generate_summary"]) if (given(reasoning?.[name])) throw unsupported(`reasoning.${name}`);
    if (include?.includes("reasoning.encrypted_content")) throw refusal("Encrypted content is not supported with this model.", "include");
    const verbosity = body.text?.verbosity ?? "medium";
    if (verbosity !== "medium") throw unsupportedValue("text.verbosity", verbosity, model, ["medium"]);
    return;
  }
  const asked = reasoning?.effort ?? effort;
  if (!efforts.includes(asked)) throw unsupportedValue("reasoning.effort", asked, model, efforts);
  if (asked === "none") return;
  for (const name of ["temperature", "top_p"]) if (given(body[name]) && body[name] !== 1) throw unsupported(name);
  if (include?.includes("message.output_text.logprobs")) throw refusal("logprobs are not supported with reasoning models.", "include");
  if (given(body.top_logprobs) && body.top_logprobs !== 0) throw unsupported("top_logprobs");
}

function checkTools(tools) {
  for (const [index, tool] of tools.entries()) {
    if (tool.type !== "function" || !tool.parameters) continue;
    const fault = schemaFault(tool.parameters, tool.strict === true);
    if (fault) throw refusal(`Invalid schema for function '${tool.name}': ${fault}`, `tools[${index}].parameters`, "invalid_function_parameters");
  }
}

function checkChoice(choice, tools) {
  if (!given(choice) || choice === "none" || choice === "auto") return;
  if (choice === "required") {
    if (tools.length === 0) throw refusal("Tool choice 'required' must be specified with 'tools' parameter.", "tool_choice");
    return;
  }
  const wanted = choice.type === "allowed_tools" ? choice.tools : [choice];
  for (const { type, name } of wanted) {
    if (!tools.some((tool) => tool.type === type && tool.name === name)) throw refusal(`Tool choice '${type}' not found in 'tools' parameter.`, "tool_choice");
  }
}

function checkFormat(format) {
  if (format?.type !== "json_schema") return;
  const fault = schemaFault(format.schema, format.strict === true);
  if (fault) throw refusal(`Invalid schema for response_format '${format.name}': ${fault}`, "text.format.schema", "invalid_json_schema");
}

/** Raises OpenAI's error if JSON is asked for and no message says so. */
export function checkJsonIsNamed(format, messages) {
  if (format?.type !== "json_object" || messages.some((message) => /json/i.test(message.text))) return;
  throw refusal("Response input messages must contain the word 'json' in some form to use 'text.format' of type 'json_object'.", "input");
}
