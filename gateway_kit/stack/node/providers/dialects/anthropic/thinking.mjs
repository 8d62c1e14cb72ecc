// Thinking: which way of it a model has, and the signatures of its blocks.

import { hashText } from "../../random.mjs";
import { quoted, refusal } from "./words.mjs";

const PAGE = "Please consult our documentation at https://docs.claude.com/en/docs/build-with-claude/extended-thinking";

/** How a call thinks: undefined, or `{ budget, display }`. Raises Anthropic's 400 for what the model cannot. */
export function readThinking(body, claude, betas = []) {
  const asked = body.thinking ?? (claude?.thinksUnasked && !forcesTool(body) ? { type: "adaptive" } : undefined);
  if (asked === undefined) return undefined;
  if (claude) checkKind(asked.type, claude, body.output_config?.effort);
  if (asked.type !== "enabled" && asked.type !== "adaptive") return undefined;
  // Thinking between calls of tools may go on for longer than one answer.
  const interleaved = body.tools?.length > 0 && betas.some((name) => name.startsWith("interleaved-thinking"));
  checkCompany(body, asked, interleaved);
  return { budget: asked.budget_tokens, display: asked.display ?? claude?.display ?? "summarized" };
}

const forcesTool = ({ tool_choice: choice }) => choice?.type === "any" || choice?.type === "tool";

function checkKind(type, { thinking, offUpTo }, effort) {
  if (thinking.includes(type)) {
    if (type === "disabled" && offUpTo && (effort === "xhigh" || effort === "max")) {
      throw refusal(`"thinking.type.disabled" is not supported for this model above effort '${offUpTo}'.`);
    }
    return;
  }
  if (type === "adaptive") throw refusal("adaptive thinking is not supported on this model");
  const instead = thinking.includes("adaptive") && type !== "between_tools" ? ' Use "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.' : "";
  const off = type === "disabled" && thinking.includes("between_tools") ? ' To turn thinking off on this model, send "thinking": {"type": "between_tools"}.' : instead;
  throw refusal(`"thinking.type.${type}" is not supported for this model.${off}`);
}

function checkCompany(body, asked, interleaved) {
  const mode = asked.type === "adaptive" ? "enabled or in adaptive mode" : "enabled";
  if (asked.type === "enabled" && !interleaved && body.max_tokens !== undefined && body.max_tokens <= asked.budget_tokens) {
    throw refusal(`\`max_tokens\` must be greater than \`thinking.budget_tokens\`. ${PAGE}#max-tokens-and-context-window-size`);
  }
  const { temperature, top_p: topP, top_k: topK } = body;
  if (temperature != null && temperature !== 1) throw refusal(`\`temperature\` may only be set to 1 when thinking is ${mode}. ${PAGE}#important-considerations-when-using-extended-thinking`);
  if (topP != null && topP < 0.95) throw refusal(`\`top_p\` must be greater than or equal to 0.95 or unset when thinking is ${mode}. ${PAGE}#important-considerations-when-using-extended-thinking`);
  if (topK != null) throw refusal(`\`top_k\` must be unset when thinking is ${mode}. ${PAGE}#important-considerations-when-using-extended-thinking`);
  if (forcesTool(body)) throw refusal("Thinking may not be enabled when tool_choice forces tool use.");
}

/** Raises Anthropic's 400 if the request's sampling parameters or effort are not the model's. */
export function checkSampling(body, claude) {
  const { temperature, top_p: topP, top_k: topK } = body;
  if (!claude.sampling) {
    for (const [name, value, usual] of [["temperature", temperature, 1], ["top_p", topP, 1], ["top_k", topK, null]]) {
      if (value != null && value !== usual) throw refusal(`\`${name}\` is deprecated for this model.`);
    }
  } else if (temperature != null && topP != null) {
    throw refusal("`temperature` and `top_p` cannot both be specified for this model. Please use only one.");
  }
  const effort = body.output_config?.effort;
  if (effort == null) return;
  if (claude.effort.length === 0) throw refusal("This model does not support the effort parameter.");
  if (!claude.effort.includes(effort)) throw refusal(`output_config.effort: this model does not support effort level '${effort}'. Supported levels: ${quoted(claude.effort)}.`);
}

// Anthropic's documented text that makes a model encrypt its thinking, to try a client with.
const REDACT = "ANTHROPIC_MAGIC_STRING_TRIGGER_REDACTED_THINKING_";
export const isRedacted = (text) => text.includes(REDACT);

const MARK = "simulated";
const seal = (kind, text) => Buffer.from(`${MARK}:${kind}:${[0, 1, 2, 3].map((n) => hashText(`${n} ${text}`).toString(16).padStart(8, "0")).join("")}`).toString("base64");

/** The signature of a thinking block whose text is shown, or of one whose text is left out. */
export const sign = (thinking, shown) => seal(shown ? "shown" : "left out", thinking);

/** The data of a redacted thinking block. */
export const redact = (thinking) => seal("redacted", thinking);

const kindOf = (text) => {
  const [mark, kind] = Buffer.from(text, "base64").toString("latin1").split(":");
  return mark === MARK ? kind : undefined;
};

/** Raises Anthropic's 400 for a thinking block that no simulated model has written, or that was changed. */
export function checkBlock(block, path) {
  const place = path.join(".");
  if (block.type === "redacted_thinking") {
    if (kindOf(block.data) !== "redacted") throw refusal(`${place}: Invalid \`data\` in \`redacted_thinking\` block`);
    return;
  }
  const kind = kindOf(block.signature);
  if (kind !== "shown" && kind !== "left out") throw refusal(`${place}: Invalid \`signature\` in \`thinking\` block`);
  const whole = kind === "shown" ? sign(block.thinking, true) === block.signature : block.thinking === "";
  if (!whole) {
    throw refusal(`${place}: \`thinking\` or \`redacted_thinking\` blocks in the latest assistant message cannot be modified. These blocks must remain as they were in the original response.`);
  }
}
