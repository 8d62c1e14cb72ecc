// Texts in the formats that schemas name.

const digits = (random, count, radix = 16) => Array.from({ length: count }, () => Math.floor(random() * radix).toString(radix)).join("");
const two = (number) => String(number).padStart(2, "0");
const between = (random, from, to) => from + Math.floor(random() * (to - from + 1));
const date = (random) => `2026-${two(between(random, 1, 12))}-${two(between(random, 1, 28))}`;
const time = (random) => `${two(between(random, 8, 18))}:${two(5 * between(random, 0, 11))}:00Z`;
const base64 = (random) => Buffer.from(`simulated ${digits(random, 4)}`).toString("base64");

const MAKERS = {
  "date-time": (random) => `${date(random)}T${time(random)}`,
  date,
  time,
  duration: (random) => `PT${between(random, 1, 12)}H`,
  email: (random) => `person${between(random, 1, 99)}@example.com`,
  "idn-email": (random) => `person${between(random, 1, 99)}@example.com`,
  hostname: (random) => `host${between(random, 1, 99)}.example.com`,
  "idn-hostname": (random) => `host${between(random, 1, 99)}.example.com`,
  uri: (random) => `https://example.com/simulated/${between(random, 1, 999)}`,
  url: (random) => `https://example.com/simulated/${between(random, 1, 999)}`,
  iri: (random) => `https://example.com/simulated/${between(random, 1, 999)}`,
  "uri-reference": (random) => `/simulated/${between(random, 1, 999)}`,
  "iri-reference": (random) => `/simulated/${between(random, 1, 999)}`,
  "uri-template": () => "https://example.com/{name}",
  uuid: (random) => `${digits(random, 8)}-${digits(random, 4)}-4${digits(random, 3)}-8${digits(random, 3)}-${digits(random, 12)}`,
  ipv4: (random) => `192.0.2.${between(random, 1, 254)}`,
  ipv6: (random) => `2001:db8::${between(random, 1, 9999)}`,
  ipv4network: () => "192.0.2.0/24",
  ipv6network: () => "2001:db8::/32",
  ipvanyaddress: (random) => `192.0.2.${between(random, 1, 254)}`,
  ipvanynetwork: () => "192.0.2.0/24",
  ipvanyinterface: () => "192.0.2.1/24",
  "json-pointer": (random) => `/items/${between(random, 0, 9)}`,
  "relative-json-pointer": (random) => `${between(random, 0, 9)}/name`,
  "json-pointer-uri-fragment": (random) => `#/items/${between(random, 0, 9)}`,
  regex: () => "^[a-z]+$",
  byte: base64,
  base64: base64,
  base64url: base64,
  binary: base64,
  "json-string": () => "{}",
  decimal: (random) => `${between(random, 1, 99)}.${two(between(random, 0, 99))}`,
  color: (random) => `#${digits(random, 6)}`,
  password: (random) => `simulated-${digits(random, 6)}`,
  phone: (random) => `+1 555 01${two(between(random, 0, 99))}`,
  "file-path": () => "/tmp/simulated.txt",
  "directory-path": () => "/tmp",
  path: () => "/tmp/simulated.txt",
};
MAKERS.uuid1 = MAKERS.uuid3 = MAKERS.uuid4 = MAKERS.uuid5 = MAKERS.uuid;

// Where a longer text of the format is needed, these may grow.
const GROWING = { email: (text, extra) => "a".repeat(extra) + text, uri: (text, extra) => text + "a".repeat(extra), url: (text, extra) => text + "a".repeat(extra), password: (text, extra) => text + "a".repeat(extra), hostname: (text, extra) => "a".repeat(extra) + text, "uri-reference": (text, extra) => text + "a".repeat(extra), "json-pointer": (text, extra) => text + "a".repeat(extra) };
const SHORTER = { email: ["a@b.co", "a@b"], uri: ["http://a.b", "a:b"], url: ["http://a.co"], "uri-reference": ["/a", ""], hostname: ["a.co", "a"], ipv4: ["1.1.1.1"], ipv6: ["::1", "::"], duration: ["P1D"], "date-time": [], "json-pointer": ["/a", ""], time: [], regex: ["a", ""] };

/** Texts of the format, the best first; an empty list for an unknown one. */
export function fromFormat(format, random, { minLength = 0, maxLength = Infinity } = {}) {
  const make = Object.hasOwn(MAKERS, format) ? MAKERS[format] : undefined;
  if (!make) return [];
  const texts = [make(random), ...(SHORTER[format] ?? [])];
  const grow = GROWING[format];
  if (grow && texts[0].length < minLength && minLength < 10_000) texts.push(grow(texts[0], minLength - texts[0].length));
  return texts.filter((text) => text.length >= minLength && text.length <= maxLength);
}
