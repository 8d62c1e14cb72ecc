// How many tokens images, audio, video and documents have, by Google's published rules.
//
// Images: 258 if both sides have at most 384 pixels, else 258 for each tile of the picture
// (https://ai.google.dev/gemini-api/docs/image-understanding); from Gemini 3 on and with a media resolution, a fixed
// number (https://ai.google.dev/gemini-api/docs/media-resolution). Audio: 32 a second. Video: one picture a second and
// its audio. PDF: one picture a page.

import { imageSize } from "./image_size.mjs";

const TILE = 258;
const SMALL = 384;
const AUDIO_PER_SECOND = 32;
// By media resolution, before Gemini 3 and from Gemini 3 on.
const IMAGE = { LOW: 64, MEDIUM: 256 };
const IMAGE_3 = { LOW: 280, MEDIUM: 560, HIGH: 1_120, ULTRA_HIGH: 2_240 };
const FRAME = { LOW: 66 };
const FRAME_3 = { HIGH: 280, ULTRA_HIGH: 280 };
const FRAME_3_USUAL = 70;
const PAGE_3 = { LOW: 280, HIGH: 1_120, ULTRA_HIGH: 1_120 };
const PAGE_3_USUAL = 560;

const IMAGES = ["image/png", "image/jpeg", "image/webp", "image/heic", "image/heif"];
const AUDIO = ["audio/wav", "audio/x-wav", "audio/mp3", "audio/mpeg", "audio/aiff", "audio/aac", "audio/ogg", "audio/flac", "audio/m4a", "audio/mp4", "audio/opus", "audio/pcm", "audio/webm"];
const VIDEO = ["video/mp4", "video/mpeg", "video/mov", "video/quicktime", "video/avi", "video/x-flv", "video/mpg", "video/webm", "video/wmv", "video/3gpp", "video/mpegs"];
const TEXTS = ["text/plain", "text/html", "text/css", "text/csv", "text/xml", "text/rtf", "text/md", "text/markdown", "text/javascript", "text/x-python", "application/json", "application/xml", "application/x-javascript", "application/x-python"];

/** The kind of content of a MIME type: IMAGE, AUDIO, VIDEO, DOCUMENT or TEXT; undefined if Gemini does not take it. */
export function modalityOf(mimeType) {
  const type = mimeType.split(";")[0].trim().toLowerCase();
  if (IMAGES.includes(type)) return "IMAGE";
  if (AUDIO.includes(type)) return "AUDIO";
  if (VIDEO.includes(type)) return "VIDEO";
  if (type === "application/pdf") return "DOCUMENT";
  return TEXTS.includes(type) ? "TEXT" : undefined;
}

/** The tokens of some media; `bytes` is undefined if they lie elsewhere. Null if they are not what they are called. */
export function mediaTokens(modality, bytes, { resolution, generation }) {
  const level = resolution?.replace("MEDIA_RESOLUTION_", "");
  const three = generation >= 3;
  switch (modality) {
    case "IMAGE": return imageTokens(bytes, level, three);
    case "AUDIO": return Math.ceil(secondsOf(bytes) * AUDIO_PER_SECOND);
    case "VIDEO": return Math.ceil(secondsOf(bytes)) * ((three ? FRAME_3[level] ?? FRAME_3_USUAL : FRAME[level] ?? TILE) + AUDIO_PER_SECOND);
    default: return pagesOf(bytes) * (three ? PAGE_3[level] ?? PAGE_3_USUAL : IMAGE[level] ?? TILE);
  }
}

function imageTokens(bytes, level, three) {
  const size = bytes === undefined ? { width: SMALL, height: SMALL } : imageSize(bytes);
  if (size === null) return null;
  if (three) return IMAGE_3[level] ?? IMAGE_3.HIGH;
  if (IMAGE[level]) return IMAGE[level];
  const { width, height } = size;
  if (width <= SMALL && height <= SMALL) return TILE;
  const side = Math.min(768, Math.max(256, Math.floor(Math.min(width, height) / 1.5)));
  return TILE * Math.ceil(width / side) * Math.ceil(height / side);
}

// What is not read from a header is estimated at this many bytes a second.
const BYTES_PER_SECOND = 16_000;
const USUAL_SECONDS = 60;

function secondsOf(bytes) {
  if (bytes === undefined) return USUAL_SECONDS;
  return wavSeconds(bytes) ?? mp4Seconds(bytes) ?? Math.max(1, bytes.length / BYTES_PER_SECOND);
}

function wavSeconds(bytes) {
  if (bytes.length < 44 || bytes.toString("latin1", 0, 4) !== "RIFF" || bytes.toString("latin1", 8, 12) !== "WAVE") return undefined;
  const perSecond = bytes.readUInt32LE(28);
  return perSecond > 0 ? (bytes.length - 44) / perSecond : undefined;
}

// The movie's header has its time scale and its duration.
function mp4Seconds(bytes) {
  const at = bytes.indexOf("mvhd", 0, "latin1");
  if (at < 0 || at + 36 > bytes.length) return undefined;
  const long = bytes[at + 4] === 1;
  const scale = bytes.readUInt32BE(at + (long ? 24 : 16));
  const duration = long ? Number(bytes.readBigUInt64BE(at + 28)) : bytes.readUInt32BE(at + 20);
  const seconds = duration / scale;
  // A header that says more than a day says nothing.
  return scale > 0 && seconds > 0 && seconds < 86_400 ? seconds : undefined;
}

function pagesOf(bytes) {
  if (bytes === undefined) return 1;
  return Math.max(1, bytes.toString("latin1").match(/\/Type\s*\/Page(?![a-z])/g)?.length ?? 1);
}
