// Rewrites the text of the engine's answers into the form that GraphQL clients read.
//
// They are never parsed and serialised again: that would round big integers and turn 700.0 into 700.

const TAGGED = /\{"\$type":"(\w+)","value":("(?:[^"\\]|\\.)*")\}/g;
const KEY = /^\{"data":\{"[^"\\]*"/;

/** Rewrites one answer: the root field gets its alias, and values lose their type tags.
 *
 * {"$type":"BigInt","value":"5"} → 5; of every other type only the string is kept. In a model's answer this
 * pattern cannot be user data, since Json values are strings with escaped quotes. In a raw query's answer it
 * can be, but there the engine uses no tags, so the answer is not changed.
 */
export function rewriteAnswer(text, { alias, isRaw }) {
  const named = text.replace(KEY, () => `{"data":{"${alias}"`);
  if (isRaw || !named.includes('{"$type"')) return named;
  return named.replace(TAGGED, (_, type, value) => (type === 'BigInt' ? value.slice(1, -1) : value));
}

/** Rewrites a batch's answer, each result for its own query. An error of the whole batch is not changed. */
export function rewriteBatch(text, queries) {
  const start = '{"batchResult":[';
  if (!text.startsWith(start)) return text;
  const results = splitList(text, start.length);
  return `${start}${results.map((result, at) => rewriteAnswer(result, queries[at])).join(',')}]}`;
}

/** The elements, as text, of the JSON list of objects that starts at `from`. */
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
