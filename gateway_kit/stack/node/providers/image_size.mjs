// The width and height of an image, read from the first bytes of the file.

const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** `{ format, width, height }` of a PNG, GIF, WebP or JPEG file, or null if the bytes are none of these. */
export function imageSize(bytes) {
  if (bytes.length >= 24 && bytes.subarray(0, 8).equals(PNG)) return sized("png", bytes.readUInt32BE(16), bytes.readUInt32BE(20));
  const start = bytes.toString("latin1", 0, 12);
  if (bytes.length >= 10 && /^GIF8[79]a/.test(start)) return sized("gif", bytes.readUInt16LE(6), bytes.readUInt16LE(8));
  if (bytes.length >= 30 && start.startsWith("RIFF") && start.endsWith("WEBP")) return webpSize(bytes);
  return bytes.length >= 4 && bytes.readUInt16BE(0) === 0xffd8 ? jpegSize(bytes) : null;
}

const sized = (format, width, height) => (width > 0 && height > 0 ? { format, width, height } : null);

function webpSize(bytes) {
  switch (bytes.toString("latin1", 12, 16)) {
    case "VP8X": return sized("webp", bytes.readUIntLE(24, 3) + 1, bytes.readUIntLE(27, 3) + 1);
    case "VP8 ": return sized("webp", bytes.readUInt16LE(26) & 0x3fff, bytes.readUInt16LE(28) & 0x3fff);
    case "VP8L": {
      const bits = bytes.readUInt32LE(21);
      return sized("webp", (bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1);
    }
    default: return null;
  }
}

// The frame header holds the size; every segment before it tells its own length.
function jpegSize(bytes) {
  let place = 2;
  while (place + 9 <= bytes.length && bytes[place] === 0xff) {
    const marker = bytes[place + 1];
    if (marker === 0xff) place += 1;
    else if (isFrame(marker)) return sized("jpeg", bytes.readUInt16BE(place + 7), bytes.readUInt16BE(place + 5));
    else place += 2 + bytes.readUInt16BE(place + 2);
  }
  return null;
}

const isFrame = (marker) => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
