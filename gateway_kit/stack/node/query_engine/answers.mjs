// The engine's answers in the form that GraphQL clients read, by rewriting their text.
//
// They are never parsed and written anew: that would round big integers and turn 700.0 into 700.

const TAGGED = /\{"\$type":"(\w+)","value":("(?:[^"\\]|\\.)*")\}/g;
const KEY = /^\{"data":\{"[^"\\]*"/;

/** One answer: the root field under its alias, values without their tags.
 *
 * {"$type":"BigInt","value":"5"} → 5; of every other type only the string stays. In a model's answer this
 * pattern cannot be a user's data: Json fields' values are strings there, whose quotes are escaped. In a raw
 * query's answer it can, and there the engine uses no tags, so it stays as it is.
 */
export function rewriteAnswer(text, { alias, isRaw }) {
  const named = text.replace(KEY, () => `{"data":{"${alias}"`);
  if (isRaw || !named.includes('{"$type"')) return named;
  return named.replace(TAGGED, (_, type, value) => (type === 'BigInt' ? value.slice(1, -1) : value));
}

/** A batch's answer, each of its results by its own query. An error of the whole batch stays as it is. */
export function rewriteBatch(text, queries) {
  const start = '{"batchResult":[';
  if (!text.startsWith(start)) return text;
  const results = splitList(text, start.length);
  return `${start}${results.map((result, at) => rewriteAnswer(result, queries[at])).join(',')}]}`;
}

/** The elements, as text, of the JSON list of objects that begins at `from`. */
function splitList(text, from) {
  const elements = [];
  const marks = /"(?:[^"\\]|\\.)*"|[[\]{}]/g;
  marks.lastIndex = from;
  let depth = 0;
  let start = from;
  for (let mark = marks.exec(text); mark !== null; mark = marks.exec(text)) {
    if (mark[0] === '[' || mark[0] === '{') {
      if (depth === 0) start = mark.index;
      depth += 1;
    } else if (mark[0] === ']' || mark[0] === '}') {
      depth -= 1;
      if (depth < 0) break;
      if (depth === 0) elements.push(text.slice(start, marks.lastIndex));
    }
  }
  return elements;
}
