// The beginning of a text, for what is kept.

/** The first characters. V8 makes a slice a view of the whole text, which would live as long as the slice: this copies. */
export const cut = (text, length) => (text.length <= length ? text : Buffer.from(text.slice(0, length), "utf16le").toString("utf16le"));
