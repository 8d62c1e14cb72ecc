/** No value fits this part of a schema; another branch or fewer properties may do. */
export class Impossible extends Error {}

/** The schema asks for more values than an answer can have. */
export class TooMuch extends Error {}

/** How a message calls a part of the schema. */
export const nameOf = (place) => (place.name === "" ? "the answer" : `"${place.name}"`);
