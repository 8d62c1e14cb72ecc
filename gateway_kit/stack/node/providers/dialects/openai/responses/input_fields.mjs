// What the input of OpenAI's Responses API may contain: its items, and the parts of their content.

import { anything, boolean, choice, either, list, object, refused, text, variants } from "../../fields.mjs";

const ID = text({ max: 64, effect: "accepted" });
const STATUS = choice(["in_progress", "completed", "incomplete"], { effect: "accepted" });
const CALLER = anything({ effect: "accepted", note: "Which program called the tool; nothing runs programs here." });
const CALLED_BY = { namespace: text({ effect: "accepted" }), caller: CALLER, async: boolean({ effect: "accepted" }) };
const BREAKPOINT = object({ mode: choice(["explicit"], { required: true, effect: "accepted" }), ttl: choice(["30m", "12h"], { effect: "accepted" }) }, {
  effect: "accepted", note: "No prompt is cached, so `cached_tokens` is 0.",
});
const NO_FILES = "It keeps no files: send `file_data`, or an image as a data URL.";

const INPUT_TEXT = object({ text: text({ required: true }), prompt_cache_breakpoint: BREAKPOINT });
const INPUT_IMAGE = object({
  image_url: text({ note: "A data URL with a PNG, JPEG, GIF or WebP image, or an http(s) URL, which is not fetched: it counts as 1024 by 1024 pixels." }),
  file_id: refused(NO_FILES),
  detail: choice(["low", "high", "auto", "original"], { note: "`low` costs a fixed number of tokens; the others count by size." }),
  prompt_cache_breakpoint: BREAKPOINT,
}, { note: "Counted as tokens by OpenAI's rule for the model; nothing looks at the image." });
const INPUT_FILE = object({
  file_data: text({ note: "A data URL in base64. Texts are read; of a PDF each page counts as an image, and nothing reads it." }),
  filename: text({ effect: "accepted" }),
  file_id: refused(NO_FILES),
  file_url: refused("It opens no address: send `file_data`."),
  detail: choice(["auto", "low", "high"], { note: "`low`: a PDF's pages count as small images." }),
  prompt_cache_breakpoint: BREAKPOINT,
});
const OUTPUT_TEXT = object({
  text: text({ required: true }),
  annotations: list(anything({ effect: "accepted" }), { effect: "accepted" }),
  logprobs: list(anything({ effect: "accepted" }), { effect: "accepted" }),
});
const REFUSAL = object({ refusal: text({ required: true }) });

const GIVEN = { input_text: INPUT_TEXT, input_image: INPUT_IMAGE, input_file: INPUT_FILE };
const NO_COMPUTER = "Computer use is not simulated.";

const written = (parts) => either([text(), list(variants("type", parts))], { required: true, note: "A text, or a list of parts." });
const MESSAGE_FIELDS = { id: ID, status: STATUS, phase: choice(["commentary", "final_answer"], { effect: "accepted" }) };
const FROM_OUTSIDE = object({
  ...MESSAGE_FIELDS,
  content: written({
    ...GIVEN, output_text: OUTPUT_TEXT, refusal: REFUSAL, summary_text: object({ text: text({ required: true }) }), computer_screenshot: refused(NO_COMPUTER),
  }),
});
const FROM_MODEL = object({ ...MESSAGE_FIELDS, content: written({ output_text: OUTPUT_TEXT, refusal: REFUSAL }) });

const MESSAGE = variants("role", { user: FROM_OUTSIDE, system: FROM_OUTSIDE, developer: FROM_OUTSIDE, assistant: FROM_MODEL });

const CALL_ID = text({ required: true, min: 1, max: 64 });
const TOOL_OUTPUT = either([text(), list(variants("type", GIVEN))], { required: true, note: "A text, or a list of parts." });

// Items of tools that OpenAI or the caller's machine would run.
const hosted = (name) => refused(`Items of the hosted tool '${name}' are not supported by the simulator: it runs no hosted tools.`);
const HOSTED = Object.fromEntries(Object.entries({
  file_search_call: "file_search", web_search_call: "web_search", computer_call: "computer", computer_call_output: "computer",
  code_interpreter_call: "code_interpreter", image_generation_call: "image_generation",
  local_shell_call: "local_shell", local_shell_call_output: "local_shell", shell_call: "shell", shell_call_output: "shell",
  apply_patch_call: "apply_patch", apply_patch_call_output: "apply_patch",
  mcp_list_tools: "mcp", mcp_approval_request: "mcp", mcp_approval_response: "mcp", mcp_call: "mcp",
  tool_search_call: "tool_search", tool_search_output: "tool_search", additional_tools: "tool_search", configuration_update: "tool_search",
  program: "programmatic_tool_calling", program_output: "programmatic_tool_calling",
}).map(([item, tool]) => [item, hosted(tool)]));

const ITEM = variants("type", {
  message: MESSAGE,
  function_call: object({
    id: ID, call_id: CALL_ID, name: text({ required: true, min: 1 }), arguments: text({ required: true }), status: STATUS, ...CALLED_BY,
  }, { note: "Must be followed by its `function_call_output`." }),
  function_call_output: object({
    id: ID, call_id: CALL_ID, output: TOOL_OUTPUT, status: STATUS, name: text({ effect: "accepted" }), ...CALLED_BY,
  }),
  custom_tool_call: object({
    id: ID, call_id: CALL_ID, name: text({ required: true, min: 1 }), input: text({ required: true }), status: STATUS, ...CALLED_BY,
  }),
  custom_tool_call_output: object({ id: ID, call_id: CALL_ID, output: TOOL_OUTPUT, status: STATUS, caller: CALLER }),
  reasoning: object({
    id: text({ required: true, max: 64 }),
    summary: list(object({ type: choice(["summary_text"], { required: true }), text: text({ required: true }) }), { required: true, effect: "accepted" }),
    content: list(anything({ effect: "accepted" }), { effect: "accepted" }),
    encrypted_content: text({ note: "As an answer gave it; without it the item must be stored." }),
    status: STATUS,
  }, { note: "Costs no tokens, as reasoning of an earlier turn at OpenAI." }),
  item_reference: object({ id: text({ required: true }) }, { note: "An item of a stored response or conversation." }),
  compaction: object({ id: text({ max: 64, effect: "accepted" }), encrypted_content: text({ required: true }) }, { note: "As `/v1/responses/compact` gave it." }),
  compaction_trigger: refused("Compaction within a response is not simulated."),
  ...HOSTED,
}, {
  // OpenAI takes an item without a type for a message, or for a reference if it has nothing but an id.
  absent: (item) => (Object.keys(item).every((name) => name === "id" || name === "type") ? "item_reference" : "message"),
});

/** A list of items, as a conversation takes them. */
export const items = (options) => list(ITEM, options);

export const INPUT = either([text({ max: 10_485_760 }), items()], {
  note: "A text, or a list of items.", example: [{ role: "user", content: [{ type: "input_text", text: "Name three rivers." }] }],
});
