// Images and documents in a message: their media types, their sizes, and how many tokens they are.

import { countTokens } from "../../tokens.mjs";
import { refusal } from "./words.mjs";

const MOST_BYTES = 5 * 1024 * 1024;
const MOST_PIXELS = 8_000;
const PIXELS_PER_TOKEN = 750;
// What a model sees at most: a larger image is scaled down first.
const USUAL = { edge: 1_568, tokens: 1_568 };
const LARGE = { edge: 2_576, tokens: 4_784 };
// An image behind an address is not fetched; it counts as one that need not be scaled.
const UNSEEN_TOKENS = 1_568;
// A page of a PDF is its text and a picture of it; Anthropic gives 1,500 to 3,000 tokens for the text.
const TOKENS_PER_PAGE = 2_250;
const HEADER_CHARACTERS = 400_000;

/** Tokens of an image block at this path (a list of names and indexes). */
export function imageTokens(block, path, largeImages) {
  const { source } = block;
  if (source.type === "url") {
    if (!source.url.startsWith("https://")) throw refusal(`${path.join(".")}.image.source.url.url: Only HTTPS URLs are supported.`);
    return UNSEEN_TOKENS;
  }
  const place = `${path.join(".")}.image.source.base64`;
  const size = imageSize(source, place);
  const most = largeImages ? LARGE : USUAL;
  const { width, height } = size;
  if (Math.max(width, height) > MOST_PIXELS) throw refusal(`${place}.data: At least one of the image dimensions exceed max allowed size: ${MOST_PIXELS} pixels`);
  const scale = Math.min(1, most.edge / Math.max(width, height));
  if (scale < 1 && block.transformations?.oversized_image === "error") {
    throw refusal(`${place}: the image is ${width}x${height} pixels; the largest that fits is ${Math.floor(width * scale)}x${Math.floor(height * scale)} pixels.`);
  }
  return Math.max(1, Math.min(most.tokens, Math.ceil((width * scale * height * scale) / PIXELS_PER_TOKEN)));
}

function imageSize({ data, media_type: named }, place) {
  if (!isBase64(data)) throw refusal(`${place}.data: Invalid base64 data`);
  const bytes = Math.floor((data.length * 3) / 4);
  if (bytes > MOST_BYTES) throw refusal(`${place}.data: image exceeds 5 MB maximum: ${bytes} bytes > ${MOST_BYTES} bytes`);
  const found = readHeader(Buffer.from(data.slice(0, HEADER_CHARACTERS), "base64"));
  if (!found) throw refusal(`${place}.data: Could not process image`);
  if (found.type !== named) {
    throw refusal(`${place}.data: The image was specified using the ${named} media type, but the image appears to be a ${found.type} image`);
  }
  return found;
}

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;
// The ends suffice: decoding stops at a wrong character, and the image is then broken anyway.
const isBase64 = (data) => data.length > 0 && data.length % 4 === 0 && BASE64.test(data.length > 2_000 ? data.slice(0, 1_000) + data.slice(-1_000) : data);

/** `{ type, width, height }` of a PNG, GIF, WebP or JPEG by its first bytes, or null. */
export function readHeader(bytes) {
  if (bytes.length > 24 && bytes.readUInt32BE(0) === 0x89504e47) return sized("image/png", bytes.readUInt32BE(16), bytes.readUInt32BE(20));
  const ascii = bytes.toString("latin1", 0, 16);
  if (bytes.length >= 10 && /^GIF8[79]a/.test(ascii)) return sized("image/gif", bytes.readUInt16LE(6), bytes.readUInt16LE(8));
  if (bytes.length >= 30 && ascii.startsWith("RIFF") && ascii.slice(8, 12) === "WEBP") return webp(bytes, ascii.slice(12, 16));
  return bytes.length > 4 && bytes.readUInt16BE(0) === 0xffd8 ? jpeg(bytes) : null;
}

const sized = (type, width, height) => (width > 0 && height > 0 ? { type, width, height } : null);

function webp(bytes, chunk) {
  if (chunk === "VP8 ") return sized("image/webp", bytes.readUInt16LE(26) & 0x3fff, bytes.readUInt16LE(28) & 0x3fff);
  if (chunk === "VP8X") return sized("image/webp", bytes.readUIntLE(24, 3) + 1, bytes.readUIntLE(27, 3) + 1);
  const bits = bytes.readUInt32LE(21);
  return chunk === "VP8L" ? sized("image/webp", (bits & 0x3fff) + 1, ((bits >> 14) & 0x3fff) + 1) : null;
}

function jpeg(bytes) {
  for (let at = 2; at + 9 < bytes.length && bytes[at] === 0xff;) {
    const marker = bytes[at + 1];
    const frame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (frame) return sized("image/jpeg", bytes.readUInt16BE(at + 7), bytes.readUInt16BE(at + 5));
    at += 2 + bytes.readUInt16BE(at + 2);
  }
  return null;
}

/** Tokens of a document block at this path. */
export function documentTokens(block, path) {
  const { source } = block;
  const about = countTokens(`${block.title ?? ""} ${block.context ?? ""}`.trim());
  if (source.type === "text") return about + countTokens(source.data);
  if (source.type === "content") return about + countTokens(contentText(source.content));
  const place = `${path.join(".")}.document.source`;
  if (source.type === "url") {
    if (!source.url.startsWith("https://")) throw refusal(`${place}.url.url: Only HTTPS URLs are supported.`);
    return about + TOKENS_PER_PAGE;
  }
  if (!isBase64(source.data)) throw refusal(`${place}.base64.data: Invalid base64 data`);
  const file = Buffer.from(source.data, "base64");
  if (file.toString("latin1", 0, 5) !== "%PDF-") throw refusal(`${place}.base64.data: The PDF specified was not valid.`);
  return about + pages(file) * TOKENS_PER_PAGE;
}

const pages = (file) => Math.max(1, (file.toString("latin1").match(/\/Type\s*\/Page(?![A-Za-z])/g) ?? []).length);

/** The text of a document's own content. */
export const contentText = (content) => (typeof content === "string" ? content : content.map((block) => block.text ?? "").join("\n"));
