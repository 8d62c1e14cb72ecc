// The tools of a request: those of the caller's own, and Anthropic's that the caller runs.

import { withHints } from "./hints.mjs";
import { checkInputSchema, checkStrictSchema } from "./schemas.mjs";
import { refusal } from "./words.mjs";

const properties = (fields, required) => ({ type: "object", properties: fields, required });
const always = (value) => ({ type: "string", enum: [value] });

// The caller may run what these calls ask for, so they ask for nothing that changes anything.
const BASH = properties({ command: always("echo simulated") }, ["command"]);
const EDITOR = properties({ command: always("view"), path: always(".") }, ["command", "path"]);
const MEMORY = properties({ command: always("view"), path: always("/memories") }, ["command", "path"]);
const COMPUTER = properties({ action: always("screenshot") }, ["action"]);

// By the beginning of a tool's type: what its input is, since the caller sends no schema.
const CLIENT_TOOLS = {
  bash_: { description: "Run a command in a shell", parameters: BASH },
  text_editor_: { description: "View and edit text files", parameters: EDITOR },
  memory_: { description: "Store and read notes as files", parameters: MEMORY },
  computer_: { description: "Control a computer by its screen, mouse and keyboard", parameters: COMPUTER },
};

/** The tools of a request as a call has them; raises Anthropic's 400 for schemas and choices that do not fit. */
export function readTools(body, betas, claude) {
  const tools = (body.tools ?? []).map((tool, index) => readTool(tool, index, betas, claude));
  const names = new Set(tools.map((tool) => tool.name));
  if (names.size < tools.length) throw refusal("tools: Tool names must be unique.");
  const choice = body.tool_choice;
  if (choice?.type === "tool" && !names.has(choice.name)) throw refusal(`Tool '${choice.name}' not found in provided tools`);
  if (choice != null && choice.type !== "none" && tools.length === 0) throw refusal("tool_choice: tool_choice may only be specified while providing tools.");
  if (claude?.forcedTools === false && (choice?.type === "any" || choice?.type === "tool")) {
    throw refusal('tool_choice: type "tool" and "any" are not supported for this model.');
  }
  return tools;
}

function readTool(tool, index, betas, claude) {
  const type = tool.type ?? "custom";
  if (type === "custom") {
    const path = ["tools", index, "custom", "input_schema"];
    checkInputSchema(tool.input_schema, path);
    if (tool.strict) checkStrictSchema(tool.input_schema, `tools.${index}.custom`);
    return { name: tool.name, description: tool.description, parameters: tool.strict ? withHints(tool.input_schema) : tool.input_schema };
  }
  if (type.startsWith("computer_") && !betas.some((name) => name.startsWith("computer-use-"))) {
    throw refusal(`tools.${index}: Input tag '${type}' found using 'type' does not match any of the expected tags without an \`anthropic-beta\` header for computer use`);
  }
  if (type === "computer_20251124" && claude?.oldComputer === false) throw refusal(`tools.${index}: '${type}' is not supported for this model.`);
  const [, known] = Object.entries(CLIENT_TOOLS).find(([beginning]) => type.startsWith(beginning));
  return { name: tool.name, ...known };
}

/** How a call may use its tools. */
export function readToolChoice(choice) {
  if (choice?.type === "tool") return { name: choice.name };
  if (choice?.type === "any") return "required";
  return choice?.type === "none" ? "none" : "auto";
}
