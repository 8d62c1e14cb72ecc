// Parses a GraphQL operation into a small tree: the part of the language that Prisma's clients use.
//
// Strings and numbers keep their source text: GraphQL's literals are JSON's, so they are copied into the
// JSON query unchanged, and no digit of a big integer is lost. It is also fast.

import { RequestError } from './errors.mjs';

const DEPTH_LIMIT = 100; // the engine's own JSON reader stops at 128 levels
const SKIP = /(?:[\s,\uFEFF]+|#[^\n]*)*/y;
const NAME = /[_A-Za-z][_0-9A-Za-z]*/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;

/** Reads one operation's root fields: an array of `{ alias, name, args, selection }`.
 *
 * `args`: array of `[key, value]`. `selection`: array of such fields, or null if there is none.
 * A value is `{ kind, text }` for kinds `string`, `number`, `literal` (true, false, null) and `enum`,
 * `{ kind: 'list', items }` or `{ kind: 'object', entries }`. Raises RequestError for anything else.
 */
export function readOperation(source) {
  const reader = new Reader(source);
  const first = reader.peek();
  if (first !== '{') {
    const keyword = reader.name();
    if (keyword !== 'query' && keyword !== 'mutation') reader.fail('expected a query or a mutation');
    if (reader.peek() !== '{') reader.name();
  }
  const fields = reader.selection();
  if (reader.peek() !== '') reader.fail('expected the end of the operation');
  return fields;
}

/** A value as JSON text; enum values become strings. */
export function asJson(value) {
  if (value.kind === 'object') return `{${value.entries.map(([key, inner]) => `"${key}":${asJson(inner)}`).join(',')}}`;
  if (value.kind === 'list') return `[${value.items.map(asJson).join(',')}]`;
  return value.kind === 'enum' ? `"${value.text}"` : value.text;
}

class Reader {
  constructor(source) {
    this.source = source;
    this.at = 0;
    this.depth = 0;
  }

  fail(problem) {
    throw new RequestError('P2009', `Failed to parse the query: ${problem} at position ${this.at}.`, {
      query_parsing_error: problem,
      query_position: String(this.at),
    });
  }

  /** The next significant character, '' at the end. */
  peek() {
    SKIP.lastIndex = this.at;
    SKIP.test(this.source);
    this.at = SKIP.lastIndex;
    return this.source.charAt(this.at);
  }

  take(pattern, what) {
    this.peek();
    pattern.lastIndex = this.at;
    if (!pattern.test(this.source)) this.fail(`expected ${what}`);
    const text = this.source.slice(this.at, pattern.lastIndex);
    this.at = pattern.lastIndex;
    return text;
  }

  name() {
    return this.take(NAME, 'a name');
  }

  mark(character) {
    if (this.peek() !== character) this.fail(`expected "${character}"`);
    this.at += 1;
  }

  /** Reads `open item item … close`, with one call of `read` per item. */
  group(open, close, read) {
    this.mark(open);
    this.depth += 1;
    if (this.depth > DEPTH_LIMIT) this.fail(`it is nested more than ${DEPTH_LIMIT} levels deep`);
    const items = [];
    while (this.peek() !== close) items.push(read());
    this.at += 1;
    this.depth -= 1;
    return items;
  }

  entry() {
    const key = this.name();
    this.mark(':');
    return [key, this.value()];
  }

  selection() {
    return this.group('{', '}', () => {
      let name = this.name();
      let alias = null;
      if (this.peek() === ':') {
        this.at += 1;
        alias = name;
        name = this.name();
      }
      const args = this.peek() === '(' ? this.group('(', ')', () => this.entry()) : [];
      const selection = this.peek() === '{' ? this.selection() : null;
      return { alias, name, args, selection };
    });
  }

  value() {
    const next = this.peek();
    if (next === '"') return { kind: 'string', text: this.take(STRING, 'a string') };
    if (next === '{') return { kind: 'object', entries: this.group('{', '}', () => this.entry()) };
    if (next === '[') return { kind: 'list', items: this.group('[', ']', () => this.value()) };
    if (next === '-' || (next >= '0' && next <= '9')) return { kind: 'number', text: this.take(NUMBER, 'a number') };
    const text = this.take(NAME, 'a value');
    return { kind: text === 'true' || text === 'false' || text === 'null' ? 'literal' : 'enum', text };
  }
}
