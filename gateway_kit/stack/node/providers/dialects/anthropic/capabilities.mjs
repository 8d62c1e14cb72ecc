// What each Claude model can do, by the part of its name that every platform shares.
//
// Output limits, the shortest prompt that is cached and which parameters a model refuses are Anthropic's published facts.
// A release date that is not known is the epoch, as in Anthropic's own listing.

const FAMILY = /claude-(?:haiku|sonnet|opus|fable|mythos)-\d+(?:-\d{1,2})?(?!\d)/;
const EPOCH = "1970-01-01T00:00:00Z";

// Until 4.5: a budget for thinking, temperature, and answers that continue a last assistant message.
const BUDGET = {
  thinking: ["enabled", "disabled"], effort: [], prefill: true, sampling: true, display: "summarized", systemTurns: false, forcedTools: true,
  output: 64_000, cacheFrom: 4_096,
};
// 4.6 has both ways of thinking; the last assistant message must not be the model's own any more.
const BOTH = { ...BUDGET, thinking: ["enabled", "adaptive", "disabled"], effort: ["low", "medium", "high", "max"], prefill: false, output: 128_000 };
// From 4.7 the model decides how much it thinks, and temperature is gone.
const ADAPTIVE = {
  ...BOTH, thinking: ["adaptive", "disabled"], effort: ["low", "medium", "high", "xhigh", "max"], sampling: false, display: "omitted", largeImages: true,
};
const SYSTEM_TURNS = { ...ADAPTIVE, systemTurns: true, cacheFrom: 512 };
// From 5 on a model thinks unless it is told not to, and some cannot be told.
const THINKS = { ...SYSTEM_TURNS, thinksUnasked: true };
const ALWAYS = { ...THINKS, thinking: ["adaptive"] };
// From these on a call cannot be forced, and the older computer tool is gone.
const LATEST = { forcedTools: false, oldComputer: false };

const model = (name, rules, { released = EPOCH, retires = null, ...more } = {}) => ({ name, released, retires, ...rules, ...more });

const CLAUDE = {
  "claude-haiku-4-5": model("Claude Haiku 4.5", BUDGET, { released: "2025-10-15T00:00:00Z" }),
  "claude-sonnet-4-5": model("Claude Sonnet 4.5", BUDGET, { released: "2025-09-29T00:00:00Z", cacheFrom: 1_024 }),
  "claude-opus-4-5": model("Claude Opus 4.5", BUDGET, { released: "2025-11-24T00:00:00Z", effort: ["low", "medium", "high"], retires: "2027-01-22T00:00:00Z" }),
  "claude-sonnet-4-6": model("Claude Sonnet 4.6", BOTH, { released: "2026-02-17T00:00:00Z", cacheFrom: 1_024 }),
  "claude-opus-4-6": model("Claude Opus 4.6", BOTH, { released: "2026-02-05T00:00:00Z" }),
  "claude-opus-4-7": model("Claude Opus 4.7", ADAPTIVE, { released: "2026-04-16T00:00:00Z", cacheFrom: 2_048 }),
  "claude-opus-4-8": model("Claude Opus 4.8", SYSTEM_TURNS, { cacheFrom: 1_024 }),
  "claude-sonnet-5": model("Claude Sonnet 5", THINKS, { released: "2026-06-30T00:00:00Z", cacheFrom: 1_024 }),
  "claude-opus-5": model("Claude Opus 5", THINKS, { offUpTo: "high" }),
  "claude-haiku-5-5": model("Claude Haiku 5.5", THINKS, { released: "2026-10-07T00:00:00Z", offUpTo: "high" }),
  "claude-sonnet-5-5": model("Claude Sonnet 5.5", THINKS, { released: "2026-09-28T00:00:00Z", ...LATEST, thinking: ["adaptive", "between_tools"] }),
  "claude-opus-5-5": model("Claude Opus 5.5", ALWAYS, { released: "2026-09-22T00:00:00Z", ...LATEST }),
  "claude-fable-5": model("Claude Fable 5", ALWAYS),
  "claude-fable-5-1": model("Claude Fable 5.1", ALWAYS, LATEST),
  "claude-mythos-5": model("Claude Mythos 5", ALWAYS),
  "claude-mythos-5-1": model("Claude Mythos 5.1", ALWAYS, LATEST),
};

/** What a model can do, or undefined for a model that is no Claude. */
export const capabilitiesOf = (name) => CLAUDE[FAMILY.exec(name)?.[0]];
