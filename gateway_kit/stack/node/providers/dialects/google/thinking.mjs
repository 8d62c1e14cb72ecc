// Whether and how much a call thinks, as its model allows.

import { refuse, refuseIn } from "./wording.mjs";

const LEVEL_BUDGETS = { LOW: 1_024, MEDIUM: 8_192, HIGH: undefined, XHIGH: undefined };

/** `{ thinking, includeThoughts }`; thinking is undefined if the model does not think. */
export function readThinking(config, family, route) {
  if (config === undefined) return { thinking: undefined, includeThoughts: false };
  const { thinkingBudget: budget, thinkingLevel, includeThoughts = false } = config;
  const level = thinkingLevel === "THINKING_LEVEL_UNSPECIFIED" ? undefined : thinkingLevel;
  const off = budget === undefined && level === undefined && !includeThoughts;
  if (!family.thinks) {
    if (off || (budget === 0 && !includeThoughts)) return { thinking: undefined, includeThoughts: false };
    throw refuse(`Thinking is not enabled for models/${route.model}`);
  }
  if (budget !== undefined && level !== undefined) throw refuse("You can only set only one of thinking budget and thinking level.");
  if (level !== undefined && !family.levels.includes(level)) {
    throw refuse(`Thinking level ${level} is not supported for this model. Please retry with other thinking level.`);
  }
  if (budget !== undefined) checkBudget(budget, family, route);
  if (budget === 0 && includeThoughts) throw refuse("Thinking_config.include_thoughts is only enabled when thinking is enabled.");
  // Without a budget or a level, and with the least level, a simulated model decides not to think, but for the thoughts asked for.
  if (budget === 0 || level === "MINIMAL" || off) return { thinking: undefined, includeThoughts: false };
  return { thinking: { budget: budget > 0 ? budget : LEVEL_BUDGETS[level] }, includeThoughts };
}

function checkBudget(budget, { kind, budget: { least, most } }, route) {
  if (budget === -1 || (budget >= least && budget <= most)) return;
  if (budget === 0 && kind !== "pro") return;
  if (budget === 0) throw refuse("Budget 0 is invalid. This model only works in thinking mode.");
  throw refuseIn(
    route, `The thinking budget ${budget} is invalid. Please choose a value between ${least} and ${most}.`,
    `thinking_budget is out of range; supported values are integers from ${least} to ${most}.`,
  );
}
