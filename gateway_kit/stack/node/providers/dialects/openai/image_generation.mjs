// OpenAI's images (POST /v1/images/generations): a placeholder that says it is simulated, in the size that was asked for.

import { hashText } from "../../random.mjs";
import { countTokens } from "../../tokens.mjs";
import { boolean, checkFields, choice, integer, refused, text } from "../fields.mjs";
import { placeholder } from "./placeholder_png.mjs";
import { WORDS, enumeration, refusal } from "./words.mjs";

// `tokens` of an image by its quality (OpenAI's guide, for a square); DALL·E is paid for by the image.
const GPT_IMAGE = { sizes: ["1024x1024", "1024x1536", "1536x1024", "auto"], most: 10, tokens: { low: 272, medium: 1_056, high: 4_160 } };
const MODELS = [
  [/^dall-e-2$/, { sizes: ["256x256", "512x512", "1024x1024"], most: 10, url: true }],
  [/^dall-e-3$/, { sizes: ["1024x1024", "1024x1792", "1792x1024"], most: 1, url: true, revises: true }],
  [/^(gpt-image-|chatgpt-image-)/, GPT_IMAGE],
];

const GPT = { model: "gpt-image-1" };

export const FIELDS = {
  prompt: text({ required: true, min: 1, max: 32_000, note: "It chooses the colour." }),
  model: text({ note: "dall-e-2 if not said; also dall-e-3 and gpt-image-…", example: "dall-e-3" }),
  n: integer({ min: 1, max: 10, example: 2 }),
  size: text({ example: "512x512" }),
  quality: choice(["low", "medium", "high", "auto", "standard", "hd", "xhigh", "max"], { note: "For the gpt-image models it sets the usage.", example: { value: "low", with: GPT } }),
  response_format: choice(["url", "b64_json"], { note: "The URL is a data URL, as nothing is stored. The gpt-image models refuse the field and send base64.", example: "b64_json" }),
  background: choice(["transparent", "opaque", "auto"], { effect: "accepted" }),
  moderation: choice(["low", "auto"], { effect: "accepted" }),
  output_format: refused("The placeholder is a PNG.", { unless: (value) => value === "png", example: "webp" }),
  output_compression: refused("The placeholder is a PNG.", { unless: (value) => value === 100, example: 50 }),
  partial_images: integer({ min: 0, max: 3, note: "With `stream`: so many times the placeholder comes before it is complete.", example: { value: 2, with: { ...GPT, stream: true } } }),
  stream: boolean({ note: "For the gpt-image models.", example: { value: true, with: GPT } }),
  svg: refused("The placeholder is a PNG.", { example: { model: "gpt-5.5" } }),
  frame_count: refused("The placeholder does not move.", { example: 4 }),
  frame_duration_ms: refused("The placeholder does not move.", { example: 100 }),
  complexity: refused("The placeholder is a PNG.", { example: "low" }),
  style: choice(["vivid", "natural"], { effect: "accepted" }),
  safety_identifier: text({ effect: "accepted", max: 128 }),
  user: text({ effect: "accepted", strict: true }),
};

export async function generateImages(simulator, exchange, route, body) {
  const model = route.model ?? body.model ?? "dall-e-2";
  if (body.prompt === undefined || body.prompt === null) throw WORDS.missing(["prompt"]);
  checkFields(FIELDS, body, WORDS);
  const kind = MODELS.find(([pattern]) => pattern.test(model))?.[1];
  if (!kind) throw refusal(`Invalid value: '${model.slice(0, 100)}'. Supported values are: 'dall-e-2', 'dall-e-3', and the gpt-image models.`, "model", "invalid_value");
  const { size, n } = check(body, kind);
  const { note } = exchange;
  Object.assign(note, { model, prompt: body.prompt, prompt_tokens: countTokens(body.prompt), source: "placeholder" });
  const effect = await simulator.applyFaults(exchange, { model }, false);
  if (!effect) return;
  const [width, height] = (size === "auto" ? "1024x1024" : size).split("x").map(Number);
  const images = Array.from({ length: n }, (_, index) => placeholder(width, height, darkColour(`${body.prompt} ${index}`)).toString("base64"));
  const whole = answer(body, kind, images, `${width}x${height}`, note);
  if (body.stream === true) await send(exchange, whole, body.partial_images ?? 0);
  else exchange.json(200, whole);
}

/** The events of a stream: the placeholder as often as partial images are asked for, then complete. */
async function send(exchange, { created, data, usage, ...more }, partial) {
  const event = (type, fields) => {
    const name = `image_generation.${type}`;
    return `event: ${name}\ndata: ${JSON.stringify({ type: name, b64_json: data[0].b64_json, created_at: created, ...more, ...fields })}\n\n`;
  };
  exchange.note.stream = true;
  exchange.start(200, { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache" });
  await exchange.write([...Array.from({ length: partial }, (_, index) => event("partial_image", { partial_image_index: index })), event("completed", { usage })]);
  exchange.response.end();
  exchange.note.outcome = "answered";
}

function check(body, kind) {
  const size = body.size ?? (kind.url ? "1024x1024" : "auto");
  const n = body.n ?? 1;
  if (!kind.sizes.includes(size)) throw refusal(`Invalid value: '${size.slice(0, 100)}'. Supported values are: ${enumeration(kind.sizes)}.`, "size", "invalid_value");
  if (n > kind.most) throw WORDS.range(["n"], { min: 1, max: kind.most }, n, { kind: "integer" });
  if (body.stream === true && kind.url) throw WORDS.unsupported(["stream"], "Only the gpt-image models stream.");
  if (body.stream === true && n > 1) throw refusal("A stream has one image: 'n' must be 1.", "n", "invalid_value");
  if (body.partial_images && body.stream !== true) throw refusal("The 'partial_images' parameter is only allowed when 'stream' is enabled.", "partial_images");
  if (!kind.url && body.response_format) throw WORDS.unknown(["response_format"], {});
  return { size, n };
}

function answer(body, kind, images, size, note) {
  const created = Math.floor(Date.now() / 1000);
  if (kind.url) {
    const revised = kind.revises ? { revised_prompt: body.prompt } : {};
    const shown = (data) => (body.response_format === "b64_json" ? { b64_json: data } : { url: `data:image/png;base64,${data}` });
    return { created, data: images.map((data) => ({ ...shown(data), ...revised })) };
  }
  const quality = kind.tokens[body.quality] ? body.quality : "high";
  const output = kind.tokens[quality] * images.length;
  note.completion_tokens = output;
  const input = note.prompt_tokens;
  return {
    created, background: body.background === "transparent" ? "transparent" : "opaque", data: images.map((data) => ({ b64_json: data })),
    output_format: "png", quality, size,
    usage: { input_tokens: input, input_tokens_details: { image_tokens: 0, text_tokens: input }, output_tokens: output, total_tokens: input + output },
  };
}

// White letters can be read on it.
const darkColour = (text) => hashText(text) & 0x7f7f7f;

