// What each of OpenAI's models takes beyond the fields themselves: its limits, how it reasons, and what an image costs.
//
// The numbers are OpenAI's published ones (model pages; the guides on images and on reasoning).

// Images by tiles of 512 pixels, or by patches of 32 pixels times a factor.
const tiles = (base, tile) => ({ base, tile });
const patches = (factor) => ({ factor });

const PLAIN = { efforts: null, effort: null };
const effortsFrom = (first, last) => ALL_EFFORTS.slice(ALL_EFFORTS.indexOf(first), ALL_EFFORTS.indexOf(last) + 1);
const ALL_EFFORTS = ["none", "minimal", "low", "medium", "high", "xhigh"];
const FROM_NONE = ["none", "low", "medium", "high"];
const reasons = (efforts, effort) => ({ efforts, effort });

// The first pattern that fits; `output` is the most tokens of an answer, `effort` the default, `choices` the most of `n`,
// `serial` a model that takes no parallel_tool_calls, `elsewhere` one that only the Responses API has.
const ABILITIES = [
  [/^gpt-3\.5|^gpt-35/, { ...PLAIN, output: 4_096 }],
  [/-pro|codex|deep-research|computer-use/, { ...reasons(effortsFrom("minimal", "xhigh"), "medium"), output: 128_000, elsewhere: true }],
  [/^gpt-4-turbo/, { ...PLAIN, output: 4_096, image: tiles(85, 170) }],
  [/^gpt-4o-mini/, { ...PLAIN, output: 16_384, image: tiles(2_833, 5_667) }],
  [/^gpt-4o/, { ...PLAIN, output: 16_384, image: tiles(85, 170) }],
  [/^gpt-4\.1-mini/, { ...PLAIN, output: 32_768, image: patches(1.62) }],
  [/^gpt-4\.1-nano/, { ...PLAIN, output: 32_768, image: patches(2.46) }],
  [/^gpt-4\.1/, { ...PLAIN, output: 32_768, image: tiles(85, 170) }],
  [/^gpt-4/, { ...PLAIN, output: 8_192 }],
  [/^gpt-5-mini/, { ...reasons(effortsFrom("minimal", "high"), "medium"), output: 128_000, image: patches(1.62) }],
  [/^gpt-5-nano/, { ...reasons(effortsFrom("minimal", "high"), "medium"), output: 128_000, image: patches(2.46) }],
  [/^gpt-5$/, { ...reasons(effortsFrom("minimal", "high"), "medium"), output: 128_000, image: tiles(70, 140) }],
  [/^gpt-5\.1/, { ...reasons(FROM_NONE, "none"), output: 128_000, image: tiles(70, 140) }],
  [/^gpt-5\.[24]/, { ...reasons([...FROM_NONE, "xhigh"], "none"), output: 128_000, image: tiles(70, 140) }],
  [/^gpt-[5-9]/, { ...reasons([...FROM_NONE, "xhigh"], "medium"), output: 128_000, image: tiles(70, 140), choices: 8 }],
  [/^o[134]-mini/, { ...reasons(effortsFrom("low", "high"), "medium"), output: 100_000, image: patches(1.72), serial: true }],
  [/^o\d/, { ...reasons(effortsFrom("low", "high"), "medium"), output: 100_000, image: tiles(75, 150), serial: true }],
  [/./, { ...PLAIN, output: 16_384 }],
];

// Of another provider's model nothing is known, so nothing is refused.
const FOREIGN = { ...PLAIN, output: Infinity, image: tiles(85, 170), takesAll: true };

/** A model's abilities: `{ output, efforts, effort, image, choices, serial, elsewhere }`; `efforts` is null if it does not reason. */
export const abilitiesOf = (row) => (row.foreign ? FOREIGN : ABILITIES.find(([pattern]) => pattern.test(row.model))[1]);

// The dated names behind models that are only in the price list.
const DATES = {
  "gpt-4": "0613", "gpt-4-turbo": "2024-04-09", o1: "2024-12-17", o3: "2025-04-16", "o3-mini": "2025-01-31", "o4-mini": "2025-04-16",
  "gpt-5.1": "2025-11-13", "gpt-5.2": "2025-12-11", "gpt-5.4": "2026-03-05", "gpt-5.4-mini": "2026-03-17", "gpt-5.4-nano": "2026-03-17",
  "gpt-5.5": "2026-04-23",
};

/** The name in the answer: the snapshot that was asked for, or the one behind the model's name. */
export function servedName(asked, row) {
  if (asked !== row.model) return asked;
  return row.snapshots?.[0] ?? (DATES[asked] ? `${asked}-${DATES[asked]}` : asked);
}
