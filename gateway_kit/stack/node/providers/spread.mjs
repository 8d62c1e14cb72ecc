// The order in which the values of a distribution are drawn: each once a round, and evenly spread from the first on, so that
// even a part of a round has about the distribution's quantiles.
//
// It is van der Corput's sequence (the bits of 0, 1, 2, … reversed), with its halves exchanged at random at each level
// (Owen's scrambling), so that each round of each seed has another one; what is drawn are the ranks of its numbers.
// Neighbours in that sequence lie in opposite halves, which would make slow and quick answers take turns; so each 16 of
// them, one for each sixteenth, are shuffled.

import { seededRandom } from "./random.mjs";

const AT_ONCE = 16;

export class Spread {
  /** Of so many values. */
  constructor(seed, size) {
    this.size = size;
    this.random = seededRandom(seed);
    this.order = [];
  }

  /** The share of the values that lies below the next one's middle, in (0, 1). */
  next() {
    if (this.order.length === 0) this.order = this.round();
    return (this.order.pop() + 0.5) / this.size;
  }

  round() {
    const seed = Math.floor(this.random() * 2 ** BITS);
    const numbers = Array.from({ length: this.size }, (_, place) => ({ place, number: scrambled(place, seed) }));
    const ranks = new Array(this.size);
    numbers.sort((a, b) => a.number - b.number).forEach(({ place }, rank) => { ranks[place] = rank; });
    for (let begin = 0; begin < this.size; begin += AT_ONCE) this.shuffle(ranks, begin, Math.min(begin + AT_ONCE, this.size));
    // The last is drawn first.
    return ranks.reverse();
  }

  shuffle(list, begin, end) {
    for (let i = end - 1; i > begin; i -= 1) {
      const j = begin + Math.floor(this.random() * (i - begin + 1));
      [list[i], list[j]] = [list[j], list[i]];
    }
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
