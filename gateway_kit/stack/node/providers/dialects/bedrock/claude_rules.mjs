// What Claude's own API says to a Converse request: Bedrock hands the request on, and passes its errors back.

import { capabilitiesOf } from "../anthropic/capabilities.mjs";
import { BEDROCK_FIELDS } from "../anthropic/messages_fields.mjs";
import { checkStrictSchema } from "../anthropic/schemas.mjs";
import { checkBlock, checkSampling, readThinking } from "../anthropic/thinking.mjs";
import { WORDS as ANTHROPIC } from "../anthropic/words.mjs";
import { ProviderError } from "../../errors.mjs";
import { checkFields } from "../fields.mjs";
import { fromModel } from "./words.mjs";

const { thinking, top_k, tool_choice, output_config, context_management, metadata, anthropic_beta } = BEDROCK_FIELDS;
const ADDITIONAL = {
  thinking, reasoning_config: thinking, top_k, output_config, context_management, metadata, anthropic_beta,
  // Converse says which tool; here it says only whether several at once.
  tool_choice: { ...tool_choice, absent: "auto" },
};

/** Runs a check of Anthropic's; what it raises becomes the model's error, as Bedrock passes it on. */
export function askClaude(check) {
  try {
    return check();
  } catch (error) {
    if (error instanceof ProviderError && error.kind === "bad_request") throw fromModel(error.info.message);
    throw error;
  }
}

/** What the additional fields and the sampling of a request mean for Claude: `{ thinking, parallelTools, format }`. */
export function readClaude(fields, config, forcesTool, model) {
  return askClaude(() => {
    checkFields(ADDITIONAL, fields, ANTHROPIC);
    const claude = capabilitiesOf(model);
    const body = {
      ...fields, thinking: fields.thinking ?? fields.reasoning_config, max_tokens: config.maxTokens, temperature: config.temperature, top_p: config.topP,
      tool_choice: forcesTool ? { type: "any" } : undefined,
    };
    // Claude before 4 cannot think.
    if (!claude && fields.thinking && !/claude-3-7/.test(model)) throw ANTHROPIC.unknown(["thinking"]);
    if (claude) checkSampling(body, claude);
    return {
      thinking: readThinking(body, claude),
      parallelTools: fields.tool_choice?.disable_parallel_tool_use !== true,
      format: readFormat(fields.output_config?.format),
    };
  });
}

function readFormat(format) {
  if (!format) return undefined;
  checkStrictSchema(format.schema, "output_config.format.schema");
  return { kind: "json_schema", schema: format.schema, name: "answer" };
}

/** Raises the model's error for a schema that Claude cannot hold an answer to. */
export const checkSchema = (schema) => askClaude(() => checkStrictSchema(schema, "output_config.format.schema"));

/** Raises the model's error for reasoning that no simulated Claude has written. */
export function checkReasoning({ reasoningText, redactedContent }, path) {
  askClaude(() => {
    if (redactedContent !== undefined) return checkBlock({ type: "redacted_thinking", data: redactedContent }, path);
    const { text, signature } = reasoningText ?? {};
    if (signature === undefined) throw ANTHROPIC.missing([...path, "thinking", "signature"]);
    return checkBlock({ type: "thinking", thinking: text, signature }, path);
  });
}
