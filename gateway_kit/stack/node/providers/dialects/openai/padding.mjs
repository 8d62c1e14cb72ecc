// The padding of a stream's chunks, with which OpenAI hides the lengths of the tokens from who watches the network.

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".repeat(2);
const EVEN = 16;

/** A text that fills a chunk with this piece up to an even length. */
export const paddingFor = (piece) => LETTERS.slice(piece.length % 46, (piece.length % 46) + EVEN - (piece.length % EVEN));
