// OpenAI's moderations: a short list of words stands for the model, so a text is flagged by its words and not by its sense.

import { hashText, seededRandom } from "../../random.mjs";
import { checkFields, either, list, object, text, variants } from "../fields.mjs";
import { textOf } from "../shared.mjs";
import { WORDS, refusal } from "./words.mjs";

const MODELS = ["omni-moderation-latest", "omni-moderation-2024-09-26", "text-moderation-latest", "text-moderation-stable"];

// What each category's words are; those of a category with a slash count for the one before it, too.
const LISTS = {
  harassment: /\b(?:idiot|moron|loser|shut up|you are worthless)\b/i,
  "harassment/threatening": /\b(?:i(?:'ll| will) (?:hurt|find|destroy) you)\b/i,
  hate: /\b(?:subhuman|vermin|i hate (?:all )?(?:women|men|immigrants|foreigners))\b/i,
  "hate/threatening": /\b(?:exterminate (?:them|those people))\b/i,
  illicit: /\b(?:how (?:do i|to) (?:steal|shoplift|counterfeit|launder)|buy drugs|pick a lock)\b/i,
  "illicit/violent": /\b(?:how (?:do i|to) (?:build|make) a (?:bomb|weapon))\b/i,
  "self-harm": /\b(?:self-harm|suicide|cut myself)\b/i,
  "self-harm/intent": /\b(?:i (?:want|am going) to (?:kill|hurt) myself)\b/i,
  "self-harm/instructions": /\b(?:how (?:do i|to) (?:kill|hurt) myself)\b/i,
  sexual: /\b(?:porn|nude|erotic)\b/i,
  "sexual/minors": /\b(?:child porn)\b/i,
  violence: /\b(?:kill|murder|stab|shoot|massacre|behead)(?:s|ed|ing)?\b/i,
  "violence/graphic": /\b(?:gore|gory|dismember(?:ed)?|entrails)\b/i,
};
const CATEGORIES = Object.keys(LISTS);
const OF_IMAGES = new Set(["self-harm", "self-harm/intent", "self-harm/instructions", "sexual", "violence", "violence/graphic"]);

const PART = variants("type", {
  text: object({ type: text(), text: text({ required: true }) }),
  image_url: object({ type: text(), image_url: object({ url: text({ required: true }) }, { required: true }) }, { effect: "accepted", note: "Nothing looks at the image." }),
});

export const FIELDS = {
  input: either([text(), list(either([text(), PART]), { min: 1, max: 2_048 })], {
    required: true, note: "A text, texts (one result each), or parts of one input (one result).", example: ["I will kill you", "hello"],
  }),
  model: text({ note: "omni-moderation-latest if not said.", example: "text-moderation-latest" }),
};

export async function moderations(simulator, exchange, route, body) {
  checkFields(FIELDS, body, WORDS);
  const model = body.model ?? MODELS[0];
  if (!MODELS.includes(model)) throw refusal(`Invalid value for 'model' = ${model.slice(0, 100)}. Please check the OpenAI documentation and try again.`, "model");
  const inputs = inputsOf(body.input);
  const { note } = exchange;
  Object.assign(note, { model, prompt: inputs[0].text, source: "word_list" });
  const effect = await simulator.applyFaults(exchange, { model }, false);
  if (!effect) return;
  exchange.json(200, { id: note.request_id, model, results: inputs.map(resultOf) });
}

function inputsOf(input) {
  const all = Array.isArray(input) ? input : [input];
  if (all.every((one) => typeof one === "string")) return all.map((one) => ({ text: one, image: false }));
  if (all.some((one) => typeof one === "string")) throw refusal("Invalid type for 'input': expected texts or objects, not both.", "input", "invalid_type");
  return [{ text: textOf(all), image: all.some((part) => part.type === "image_url") }];
}

function resultOf({ text: said, image }) {
  const random = seededRandom(hashText(said));
  const categories = {};
  const scores = {};
  for (const name of CATEGORIES) categories[name] = LISTS[name].test(said);
  // A threat is harassment, too.
  for (const name of CATEGORIES) if (categories[name] && name.includes("/")) categories[name.split("/")[0]] = true;
  for (const name of CATEGORIES) scores[name] = categories[name] ? 0.9 + 0.099 * random() : 0.0001 + 0.004 * random() ** 2;
  return {
    flagged: CATEGORIES.some((name) => categories[name]),
    categories,
    category_scores: scores,
    category_applied_input_types: Object.fromEntries(CATEGORIES.map((name) => [name, image && OF_IMAGES.has(name) ? ["text", "image"] : ["text"]])),
  };
}
