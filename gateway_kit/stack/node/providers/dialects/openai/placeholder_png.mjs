// A PNG image that says "SIMULATED" on a colour, in place of what an image model would paint.

import { crc32, deflateSync } from "node:zlib";

// Five columns a letter, seven rows, one bit a pixel.
const FONT = {
  S: ["01111", "10000", "10000", "01110", "00001", "00001", "11110"], I: ["01110", "00100", "00100", "00100", "00100", "00100", "01110"],
  M: ["10001", "11011", "10101", "10101", "10001", "10001", "10001"], U: ["10001", "10001", "10001", "10001", "10001", "10001", "01110"],
  L: ["10000", "10000", "10000", "10000", "10000", "10000", "11111"], A: ["01110", "10001", "10001", "11111", "10001", "10001", "10001"],
  T: ["11111", "00100", "00100", "00100", "00100", "00100", "00100"], E: ["11111", "10000", "10000", "11110", "10000", "10000", "11111"],
  D: ["11110", "10001", "10001", "10001", "10001", "10001", "11110"],
};
const ROWS = Array.from({ length: 7 }, (_, y) => [..."SIMULATED"].map((letter) => FONT[letter][y]).join("0"));
const [WIDE, HIGH] = [ROWS[0].length, ROWS.length];

function chunk(kind, data) {
  const body = Buffer.concat([Buffer.from(kind, "latin1"), data]);
  const size = Buffer.alloc(4);
  const check = Buffer.alloc(4);
  size.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([size, body, check]);
}

/** The file's bytes; `colour` is a number of 24 bits. Two colours, one bit a pixel, so that a large image is a small file. */
export function placeholder(width, height, colour) {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([1, 3], 8); // one bit a pixel, by a palette
  const palette = Buffer.from([colour >>> 16, (colour >>> 8) & 255, colour & 255, 255, 255, 255]);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), chunk("IHDR", head), chunk("PLTE", palette),
    chunk("IDAT", deflateSync(pixels(width, height), { level: 1 })), chunk("IEND", Buffer.alloc(0)),
  ]);
}

function pixels(width, height) {
  const line = Math.ceil(width / 8) + 1; // each row begins with the number of its filter, 0
  const data = Buffer.alloc(line * height);
  const scale = Math.max(1, Math.floor((width * 0.8) / WIDE));
  const [left, top] = [Math.floor((width - WIDE * scale) / 2), Math.floor((height - HIGH * scale) / 2)];
  for (let y = 0; y < HIGH * scale; y += 1) {
    const row = ROWS[Math.floor(y / scale)];
    for (let x = 0; x < WIDE * scale; x += 1) {
      if (row[Math.floor(x / scale)] === "1") data[(top + y) * line + 1 + ((left + x) >> 3)] |= 128 >> ((left + x) & 7);
    }
  }
  return data;
}
