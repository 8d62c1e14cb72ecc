// Reads the functions that a request declares, and which of them may or must be called.

import { refuse } from "./wording.mjs";

const NAME = /^[A-Za-z_][A-Za-z0-9_.:-]{0,63}$/;
const MOST = 512;

/** The functions of a request's tools. */
export function readTools(tools = [], route) {
  const functions = [];
  const names = new Set();
  for (const [i, { functionDeclarations = [], ...other }] of tools.entries()) {
    if (route.provider === "vertex_ai" && functionDeclarations.length === 0 && Object.keys(other).length === 0) {
      throw refuse(`Unable to submit request because tools[${i}] is empty: one type of tool must be set.`);
    }
    for (const [j, declared] of functionDeclarations.entries()) {
      checkName(declared.name, `tools[${i}].function_declarations[${j}].name`, names);
      if (declared.parameters && declared.parametersJsonSchema) {
        throw refuse(`* GenerateContentRequest.tools[${i}].function_declarations[${j}]: only one of parameters and parameters_json_schema may be set.\n`);
      }
      functions.push({ name: declared.name, description: declared.description, parameters: declared.parameters ?? declared.parametersJsonSchema ?? {} });
    }
  }
  if (functions.length > MOST) throw refuse(`* GenerateContentRequest.tools: at most ${MOST} functions may be declared.\n`);
  return functions;
}

function checkName(name, path, names) {
  if (!NAME.test(name ?? "")) {
    throw refuse(
      `* GenerateContentRequest.${path}: [FIELD_INVALID] Invalid function name. Must start with a letter or an underscore. Must be alphameric ` +
      "(a-z, A-Z, 0-9), underscores (_), dots (.), colons (:), or dashes (-), with a maximum length of 64.\n",
    );
  }
  if (names.has(name)) throw refuse(`Duplicate function declaration found: ${name}`);
  names.add(name);
}

/** `{ tools, toolChoice }` of a call: the functions that may be called, and whether one must be. */
export function readChoice(config, tools) {
  const calling = config?.functionCallingConfig;
  if (!calling) return { tools, toolChoice: "auto" };
  if (tools.length === 0) throw refuse("Function calling config is set without function_declarations.");
  const allowed = calling.allowedFunctionNames ?? [];
  if (allowed.length === 0) return { tools, toolChoice: CHOICES[calling.mode] ?? "auto" };
  if (calling.mode !== "ANY" && calling.mode !== "VALIDATED") {
    throw refuse("Function calling config: allowed_function_names should be set only when function calling mode is ANY or VALIDATED.");
  }
  const unknown = allowed.find((name) => !tools.some((tool) => tool.name === name));
  if (unknown !== undefined) throw refuse(`Function calling config: allowed_function_names has ${JSON.stringify(unknown)}, which is not declared.`);
  const chosen = tools.filter((tool) => allowed.includes(tool.name));
  if (calling.mode === "VALIDATED") return { tools: chosen, toolChoice: "auto" };
  return { tools: chosen, toolChoice: chosen.length === 1 ? { name: chosen[0].name } : "required" };
}

const CHOICES = { ANY: "required", NONE: "none" };
