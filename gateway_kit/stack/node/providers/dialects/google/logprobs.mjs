// Made-up probabilities of an answer's tokens: always the same for the same tokens.

import { hashText, seededRandom } from "../../random.mjs";

const MOST_IDS = 256_000;

function candidatesOf(piece, index, alternatives) {
  const random = seededRandom(hashText(`${index} ${piece}`));
  const chosen = { token: piece, tokenId: hashText(piece) % MOST_IDS, logProbability: -random() * 0.4 };
  const others = Array.from({ length: Math.max(0, alternatives - 1) }, (_, i) => ({
    token: `${piece}${"~".repeat(i + 1)}`, tokenId: hashText(`${piece} ${i}`) % MOST_IDS, logProbability: chosen.logProbability - 1 - i - random(),
  }));
  return [chosen, ...others];
}

/** The probabilities of some tokens, each with so many alternatives. */
export function logprobsResult(pieces, alternatives) {
  const tokens = pieces.map((piece, index) => candidatesOf(piece, index, alternatives));
  const result = { chosenCandidates: tokens.map(([chosen]) => chosen) };
  if (alternatives > 0) result.topCandidates = tokens.map((candidates) => ({ candidates }));
  return result;
}

/** The mean over the tokens of an answer. */
export function avgLogprobs(pieces) {
  const total = pieces.reduce((sum, piece, index) => sum + candidatesOf(piece, index, 0)[0].logProbability, 0);
  return total / pieces.length;
}
