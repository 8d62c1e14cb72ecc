// What a message of OpenAI's chat completions may contain.

import { anything, choice, either, integer, list, object, refused, text, variants } from "../fields.mjs";

const NAME = text({ effect: "accepted", min: 1, pattern: /^[^\s<|\\/>]+$/, note: "The name of the participant." });
const CACHE_BREAKPOINT = object({ mode: choice(["explicit"], { required: true, effect: "accepted" }), ttl: choice(["30m", "12h"], { effect: "accepted" }) }, {
  effect: "accepted", note: "No prompt is cached, so `cached_tokens` is 0.",
});
const NO_AUDIO = "Content blocks are expected to be either text or image_url type: audio is not simulated.";

const TEXT_PART = object({ type: text(), text: text({ required: true }), prompt_cache_breakpoint: CACHE_BREAKPOINT });
const IMAGE_PART = object({
  type: text(),
  image_url: object({
    url: text({ required: true, note: "A data URL with a PNG, JPEG, GIF or WebP image, or an http(s) URL, which is not fetched: it counts as 1024 by 1024 pixels." }),
    detail: choice(["auto", "low", "high", "original"], { note: "`low` costs a fixed number of tokens; the others count by size." }),
  }, { required: true }),
  prompt_cache_breakpoint: CACHE_BREAKPOINT,
}, { note: "Counted as tokens by OpenAI's rule for the model; nothing looks at the image." });

const FILE_PART = object({
  type: text(),
  file: object({
    file_data: text({ note: "A data URL: a text is read, each page of a PDF counts as an image of 1024 by 1024 pixels." }),
    filename: text({ effect: "accepted" }),
    file_id: refused("No file is stored here; send file_data."),
  }, { required: true }),
  prompt_cache_breakpoint: CACHE_BREAKPOINT,
});

const PARTS = {
  text: TEXT_PART,
  image_url: IMAGE_PART,
  input_audio: refused(NO_AUDIO),
  refusal: object({ type: text(), refusal: text({ required: true, effect: "accepted" }) }, { effect: "accepted" }),
  file: FILE_PART,
};

const CONTENT = either([text(), list(variants("type", PARTS))], { note: "A text, or a list of parts." });
const CALLED = (named) => object({ name: text({ required: true }), [named]: text({ required: true }) }, { required: true });
const FROM_LITELLM = { effect: "accepted", note: "LiteLLM sends it back with a call." };
const OF_LITELLM = { index: integer(FROM_LITELLM), caller: anything(FROM_LITELLM), provider_specific_fields: anything(FROM_LITELLM) };
const TOOL_CALLS = list(variants("type", {
  function: object({ type: text(), ...OF_LITELLM, id: text({ required: true, max: 512 }), function: CALLED("arguments") }),
  custom: object({ type: text(), ...OF_LITELLM, id: text({ required: true, max: 512 }), custom: CALLED("input") }),
}), { min: 1, note: "Each call must be answered by the tool messages that follow." });

// One declaration for all roles but the developer's, which OpenAI checks more strictly.
const COMMON = object({
  role: text(),
  content: CONTENT,
  name: NAME,
  tool_calls: TOOL_CALLS,
  tool_call_id: text(),
  function_call: object({ name: text({ required: true }), arguments: text({ required: true }) }, { note: "The older form of `tool_calls`." }),
  refusal: text({ effect: "accepted" }),
  annotations: list(anything({ effect: "accepted" }), { effect: "accepted", note: "As in an answer that is sent back." }),
  audio: object({ id: text({ required: true, effect: "accepted" }) }, { effect: "accepted", note: "No audio is kept here; it adds nothing." }),
});

export const MESSAGE = variants("role", {
  system: COMMON,
  assistant: COMMON,
  user: COMMON,
  function: COMMON,
  tool: COMMON,
  developer: object({ role: text(), content: either([text(), list(variants("type", { text: object({ ...TEXT_PART.fields }) }))], { required: true, strict: true }), name: NAME }),
}, { note: "The roles are system, developer, user, assistant, tool and function." });

/**
 * The objects in which OpenAI ignores a field that it does not know: messages but the developer's, and their parts.
 * Answers that LiteLLM and others have added to can so be sent back.
 */
export const LENIENT = new Set([COMMON, ...Object.values(PARTS)].map((one) => one.fields));
