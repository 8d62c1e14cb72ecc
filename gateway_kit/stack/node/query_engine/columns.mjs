// Maps PostgreSQL's column types to the engine's, and parses a column's text into the engine's value.

import pg from 'pg';

const parseArray = (text, parse) => pg.types.arrayParser.create(text, parse).parse();

// The engine's numbers for column types; a list's number is its element type's plus 64.
const INT32 = 0, INT64 = 1, FLOAT = 2, DOUBLE = 3, NUMERIC = 4, BOOLEAN = 5, TEXT = 7, DATE = 8, TIME = 9;
const DATETIME = 10, JSON_TEXT = 11, BYTES = 13, UUID = 15;
const LIST = 64;

const asIs = (text) => text;
const asNumber = (text) => Number(text);
const asBoolean = (text) => text === 't';
const asMoney = (text) => text.replace(/[^0-9.-]/g, '');
const asTime = (text) => text.replace(/[+-][0-9:]+$/, ''); // timetz: the engine has no offset to keep
const asBytes = (text) => Array.from(Buffer.from(text.slice(2), 'hex'));

const INSTANT = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(\.\d+)?([+-])(\d\d)(?::(\d\d))?(?::(\d\d))?$/;

/** timestamptz → the same instant in UTC, without an offset. Offsets other than +00 come only from a session
 * that changed its time zone; historical offsets include seconds. */
function asInstant(text) {
  if (text.endsWith('+00')) return text.slice(0, -3);
  const match = INSTANT.exec(text);
  if (match === null) return text;
  const [, date, time, fraction = '', sign, hours, minutes = 0, seconds = 0] = match;
  const offsetMs = (hours * 3600 + minutes * 60 + Number(seconds)) * 1000 * (sign === '+' ? 1 : -1);
  const utc = new Date(Date.parse(`${date}T${time}Z`) - offsetMs).toISOString();
  return utc.slice(0, 19).replace('T', ' ') + fraction;
}

// element type: [its OID, its list's OID, the engine's number, parser]
const TYPES = [
  ['bool', 16, 1000, BOOLEAN, asBoolean],
  ['bytea', 17, 1001, BYTES, asBytes],
  ['int8', 20, 1016, INT64, asIs],
  ['int2', 21, 1005, INT32, asNumber],
  ['int4', 23, 1007, INT32, asNumber],
  ['oid', 26, 1028, INT64, asIs],
  ['json', 114, 199, JSON_TEXT, asIs],
  ['float4', 700, 1021, FLOAT, asNumber],
  ['float8', 701, 1022, DOUBLE, asNumber],
  ['money', 790, 791, NUMERIC, asMoney],
  ['date', 1082, 1182, DATE, asIs],
  ['time', 1083, 1183, TIME, asIs],
  ['timestamp', 1114, 1115, DATETIME, asIs],
  ['timestamptz', 1184, 1185, DATETIME, asInstant],
  ['timetz', 1266, 1270, TIME, asTime],
  ['numeric', 1700, 1231, NUMERIC, asIs],
  ['uuid', 2950, 2951, UUID, asIs],
  ['jsonb', 3802, 3807, JSON_TEXT, asIs],
];

// Lists whose elements are text to the engine. Their OIDs are fixed in PostgreSQL's catalogue: name, "char",
// bpchar, varchar, text, xml, bit, varbit, inet, cidr, interval, macaddr, tid, xid, regclass, point, ranges.
const TEXT_LISTS = [
  1002, 1003, 1008, 1009, 1010, 1011, 1014, 1015, 1017, 143, 1561, 1563, 1041, 651, 1187, 1040, 2210, 2211,
  3643, 3645, 3905, 3907, 3909, 3911, 3913, 3927, 1034, 775, 2277, 4073, 3221,
];

const COLUMNS = new Map();
for (const [, oid, listOid, number, parse] of TYPES) {
  COLUMNS.set(oid, { number, parse });
  COLUMNS.set(listOid, { number: number + LIST, parse: (text) => parseArray(text, parse) });
}
for (const oid of TEXT_LISTS) COLUMNS.set(oid, { number: TEXT + LIST, parse: (text) => parseArray(text, asIs) });
// Everything else (enums, void, unknown, interval, geometry, extension types) is read as text.
const AS_TEXT = { number: TEXT, parse: asIs };

// Types created in the database (enums, extension types) have OIDs specific to it; whether one is a list is
// looked up once. Their columns are read as text first and split (`parseLate`) after the lookup.
const FIRST_OWN_OID = 16384;
const OWN_LIST = { number: TEXT + LIST, parse: asIs, parseLate: (text) => parseArray(text, asIs) };

/** How to read a column: `{ number, parse, parseLate }`; `number` is the engine's number for the type. */
export const columnReader = (oid) => COLUMNS.get(oid) ?? AS_TEXT;

/** The OIDs among these columns that must be looked up. */
export function unknownTypes(fields) {
  const unknown = fields.filter(({ dataTypeID: oid }) => oid >= FIRST_OWN_OID && !COLUMNS.has(oid));
  return [...new Set(unknown.map((field) => field.dataTypeID))];
}

/** Stores the lookup's rows of `{ oid, is_list }`. */
export function learnTypes(rows) {
  for (const { oid, is_list: isList } of rows) COLUMNS.set(Number(oid), isList ? OWN_LIST : AS_TEXT);
}

/** node-postgres' `types` option: a parser for each OID, from PostgreSQL's text form. */
export const types = { getTypeParser: (oid) => columnReader(oid).parse };
