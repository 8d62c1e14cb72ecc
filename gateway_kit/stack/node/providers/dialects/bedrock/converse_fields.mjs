// The fields of Converse and ConverseStream, which both take the same.

import { choice, integer, list, number, object, record, refused, text } from "../fields.mjs";
import { json, message, systemBlock, toolConfig } from "./block_fields.mjs";

const SCHEMA = '{"type":"object","properties":{"answer":{"type":"string"}},"required":["answer"],"additionalProperties":false}';
const METADATA = { max: 256, pattern: /^[a-zA-Z0-9\s:_@$#=/+,.-]*$/ };

export const FIELDS = {
  messages: list(message),
  system: list(systemBlock, { example: [{ text: "You are a helpful assistant." }] }),
  inferenceConfig: object({
    maxTokens: integer({ min: 1, example: 2 }),
    temperature: number({ min: 0, max: 1, effect: "accepted", example: 0.5, note: "The answer depends on the prompt alone." }),
    topP: number({ min: 0, max: 1, effect: "accepted", example: 0.9 }),
    stopSequences: list(text({ min: 1 }), { max: 2500, example: ["Paris"] }),
  }),
  toolConfig,
  outputConfig: object({
    textFormat: object({
      type: choice(["json_schema"], { required: true }),
      structure: object({
        jsonSchema: object({ schema: text({ required: true, note: "the JSON schema as text" }), name: text({ effect: "accepted" }), description: text({ effect: "accepted" }) }, { required: true }),
      }, { required: true }),
    }, { example: { type: "json_schema", structure: { jsonSchema: { name: "answer", schema: SCHEMA } } } }),
    effort: text({ max: 16, effect: "accepted" }),
  }, { note: "Claude from 4.5 on and Mistral take it; Nova, Llama and the others refuse it, as on AWS." }),
  additionalModelRequestFields: json({
    note: "Of Claude: `thinking` (or `reasoning_config`), `tool_choice` (for `disable_parallel_tool_use`) and `output_config` as in Anthropic's Messages; `top_k`, " +
      "`anthropic_beta`, `context_management` and `metadata` are accepted. Of Nova: `inferenceConfig.topK`, and `reasoningConfig` from Nova 2 on; of Mistral and Cohere " +
      "their sampling. Others are refused as extraneous keys.",
    example: { value: { thinking: { type: "enabled", budget_tokens: 1024 } }, with: { inferenceConfig: { maxTokens: 4096 } } },
  }),
  additionalModelResponseFieldPaths: list(text({ min: 1, max: 256 }), { max: 10, example: ["/stop_sequence"] }),
  requestMetadata: record(text(METADATA), { max: 16, effect: "accepted", example: { project: "lesson" } }),
  performanceConfig: object({ latency: choice(["standard", "optimized"]) }, { effect: "accepted", note: "It is echoed.", example: { latency: "standard" } }),
  serviceTier: object({ type: choice(["priority", "default", "flex", "reserved"], { required: true }) }, {
    effect: "accepted", note: "It is echoed.", example: { type: "default" },
  }),
  guardrailConfig: refused("The guardrail identifier or version provided in the request does not exist: the simulator has no guardrails.", {
    example: { guardrailIdentifier: "abc123", guardrailVersion: "1" },
  }),
  promptVariables: refused("promptVariables belongs to a prompt of Prompt management, and the simulator has none.", { example: { name: { text: "Ada" } } }),
  projectIdentifier: refused("The simulator has no projects.", { example: "default" }),
};
