// Numbers that cover [0, 1) evenly from the first on: a distribution drawn with them has its quantiles early.
//
// It is van der Corput's sequence (the bits of 0, 1, 2, … reversed), with its halves exchanged at random at each level
// (Owen's scrambling), so that each seed has another one. Neighbours in that sequence lie in opposite halves, which
// would make slow and quick answers take turns; so each 16 of them, one for each sixteenth, are shuffled.

import { seededRandom } from "./random.mjs";

const AT_ONCE = 16;

export class Spread {
  constructor(seed) {
    this.seed = seed;
    this.random = seededRandom(seed);
    this.drawn = 0;
    this.order = [];
  }

  next() {
    if (this.order.length === 0) this.order = this.shuffled();
    return this.order.pop();
  }

  shuffled() {
    const numbers = Array.from({ length: AT_ONCE }, (_, place) => scrambled(this.drawn + place, this.seed));
    this.drawn += AT_ONCE;
    for (let i = AT_ONCE - 1; i > 0; i -= 1) {
      const j = Math.floor(this.random() * (i + 1));
      [numbers[i], numbers[j]] = [numbers[j], numbers[i]];
    }
    return numbers;
  }
}

const BITS = 32;

/** The index's bits in reverse as a binary fraction; each bit is flipped or not, as the seed and the bits before it say. */
function scrambled(index, seed) {
  let above = mix(seed ^ 0x9e3779b9);
  let number = 0;
  for (let level = 0; level < BITS; level += 1) {
    const bit = ((index >>> level) & 1) ^ (above & 1);
    number = number * 2 + bit;
    above = mix(above ^ (2 * level + bit + 1));
  }
  return number / 2 ** BITS;
}

// Spreads each bit over all others (murmur3's finaliser).
function mix(value) {
  let mixed = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
