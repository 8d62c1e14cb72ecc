// The images in a message: checked, and counted as tokens by OpenAI's rules.

import { imageSize } from "../../image_size.mjs";
import { refusal } from "./words.mjs";

const DATA_URL = /^data:([^;,]*)(;base64)?,/;
const BASE64 = /^[A-Za-z0-9+/\s]*={0,2}\s*$/;
// Enough of a file for the size of its image, also of a JPEG with a thumbnail before it.
const HEAD = 262_144;
// An image behind a URL is not fetched.
const UNSEEN = { width: 1024, height: 1024 };

/** The tokens of one image for a model. */
export function imageTokens({ url, detail }, rule) {
  const { width, height } = sizeOf(url);
  return rule.factor ? patchTokens(width, height, rule, detail) : tileTokens(width, height, rule, detail);
}

function sizeOf(url) {
  if (/^https?:\/\//i.test(url)) return UNSEEN;
  const start = DATA_URL.exec(url.slice(0, 200));
  if (!start) {
    throw refusal("Invalid image_url: expected a data URL with an image in base64, or an http or https URL.", "messages", "invalid_image_url");
  }
  const data = url.slice(start[0].length, start[0].length + HEAD);
  if (!start[2] || data === "" || !BASE64.test(data.slice(0, 1_000))) throw refusal("Invalid base64 image_url.", "messages", "invalid_base64");
  const size = imageSize(Buffer.from(data, "base64"));
  if (!size) {
    throw refusal("You uploaded an unsupported image. Please make sure your image has of one the following formats: ['png', 'jpeg', 'gif', 'webp'].",
      "messages", "invalid_image_format");
  }
  return size;
}

// Scaled into a square of 2048 pixels, then its shorter side to 768, then counted in tiles of 512.
function tileTokens(width, height, { base, tile }, detail) {
  if (detail === "low") return base;
  const fit = Math.min(1, 2048 / Math.max(width, height));
  const short = Math.min(1, 768 / (Math.min(width, height) * fit));
  const count = (side) => Math.ceil(Math.round(side * fit * short) / 512);
  return base + tile * count(width) * count(height);
}

const MOST_PATCHES = 1_536;
const LOW_SIDE = 512;

// Patches of 32 pixels, at most 1,536 of them, times the model's factor.
function patchTokens(width, height, { factor }, detail) {
  const low = detail === "low" ? Math.min(1, LOW_SIDE / Math.max(width, height)) : 1;
  const [w, h] = [width * low, height * low];
  let patches = Math.ceil(w / 32) * Math.ceil(h / 32);
  if (patches > MOST_PATCHES) {
    const shrink = Math.sqrt((32 ** 2 * MOST_PATCHES) / (w * h));
    const exact = Math.min(Math.floor((w * shrink) / 32) / ((w * shrink) / 32), Math.floor((h * shrink) / 32) / ((h * shrink) / 32));
    patches = Math.ceil((w * shrink * exact) / 32) * Math.ceil((h * shrink * exact) / 32);
  }
  return Math.ceil(Math.min(patches, MOST_PATCHES) * factor);
}
