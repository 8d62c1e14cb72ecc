// Where the database is: the URL that applies, and what its parameters mean for the driver.

import os from 'node:os';
import fs from 'node:fs';
import { RequestError } from './failures.mjs';

const URL_FORM = /^postgres(?:ql)?:\/\/(?:([^@]*)@)?([^/?#@]*)(?:\/([^?#]*))?(?:\?([^#]*))?(?:#.*)?$/;

// Pinned for every connection: the engine reads dates, bytes and floats in exactly these forms, whatever
// the server, the database or the role has been set to.
const SESSION = {
  DateStyle: 'ISO, YMD',
  IntervalStyle: 'postgres',
  TimeZone: 'UTC',
  bytea_output: 'hex',
  extra_float_digits: '1',
  lc_monetary: 'C',
  standard_conforming_strings: 'on',
};

/** The database URL: `OVERWRITE_DATASOURCES` (by the source's name) before the schema's own `url`. */
export function findUrl(datasource, env) {
  if (!datasource) throw new RequestError('P1012', 'The Prisma schema has no datasource block.');
  for (const override of readOverrides(env.OVERWRITE_DATASOURCES)) {
    if (override.name === datasource.name && override.url) return override.url;
  }
  if (datasource.url !== null) return datasource.url;
  const url = env[datasource.urlVariable];
  if (!url) throw new RequestError('P1012', `Environment variable not found: ${datasource.urlVariable}.`);
  return url;
}

/** A JSON array of `{ name, url }`, plain or in base64 (both are in use among Prisma's clients). */
function readOverrides(text) {
  if (!text) return [];
  const json = text.trimStart().startsWith('[') ? text : Buffer.from(text, 'base64').toString('utf8');
  try {
    return JSON.parse(json);
  } catch {
    throw new RequestError('P1013', 'OVERWRITE_DATASOURCES is not a JSON array of {"name", "url"}.');
  }
}

/** A Prisma URL as `{ target, schema, pool, ssl }`.
 *
 * `target`: what messages may show. `pool`: options for pg.Pool. `ssl`: the settings to try in this order
 * (`false` is plain text). Raises P1013 without repeating the URL, which holds the password.
 */
export function readUrl(url) {
  const match = URL_FORM.exec(url);
  if (!match) throw invalidUrl('it must begin with postgresql:// or postgres://');
  const [, credentials = '', authority, path = '', query = ''] = match;
  const parameters = new URLSearchParams(query);
  const [, userText, passwordText] = /^([^:]*):?([\s\S]*)$/.exec(credentials);
  const [user, password] = [decode(userText), decode(passwordText)];
  const [, hostText, portText] = /^(\[[^\]]*\]|[^:]*)(?::(\d*))?$/.exec(authority) ?? ['', authority, ''];
  const host = parameters.get('host') || decode(hostText).replace(/^\[|\]$/g, '') || 'localhost';
  const port = Number(parameters.get('port') || portText || 5432);
  const database = decode(path) || user || 'postgres';
  const schema = parameters.get('schema') || 'public';
  const connectionLimit = number(parameters, 'connection_limit', os.availableParallelism() * 2 + 1);
  const poolTimeoutS = number(parameters, 'pool_timeout', 10);
  const connectTimeoutS = number(parameters, 'connect_timeout', 5);
  const socketTimeoutS = number(parameters, 'socket_timeout', 0);
  const idleS = number(parameters, 'max_idle_connection_lifetime', 300);
  const lifetimeS = number(parameters, 'max_connection_lifetime', 0);
  if (connectionLimit < 1) throw invalidUrl('connection_limit is below 1');
  return {
    target: { host, port, user, database, connectionLimit, poolTimeoutS, connectTimeoutS, socketTimeoutS },
    schema,
    ssl: sslChoices(parameters, host),
    pool: {
      host,
      port,
      user: user || os.userInfo().username,
      password: password || undefined,
      database,
      max: connectionLimit,
      connectionTimeoutMillis: poolTimeoutS * 1000,
      idleTimeoutMillis: idleS * 1000,
      maxLifetimeSeconds: lifetimeS,
      query_timeout: socketTimeoutS * 1000,
      keepAlive: true,
      application_name: parameters.get('application_name') || undefined,
      options: sessionOptions(schema, parameters.get('options')),
    },
  };
}

const invalidUrl = (problem) => new RequestError('P1013', `The database URL is not valid: ${problem}.`);

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalidUrl('a percent sign in it is not an escape (write %25)');
  }
}

function number(parameters, name, fallback) {
  const text = parameters.get(name);
  if (text === null) return fallback;
  if (!/^\d+$/.test(text)) throw invalidUrl(`${name} is not a number`);
  return Number(text);
}

/** Startup options outrank what `ALTER DATABASE` and `ALTER ROLE … SET` have left behind. */
function sessionOptions(schema, extra) {
  const settings = { ...SESSION, search_path: `"${schema.replaceAll('"', '""')}"` };
  const escape = (text) => text.replace(/[\\ ]/g, '\\$&');
  const options = Object.entries(settings).map(([name, value]) => `-c ${name}=${escape(value)}`);
  return [extra, ...options].filter(Boolean).join(' ');
}

/** Prisma's default, `prefer`, takes TLS where it is offered. A socket or this very machine needs none. */
function sslChoices(parameters, host) {
  const mode = parameters.get('sslmode') ?? 'prefer';
  const strict = parameters.get('sslaccept') === 'strict' || mode.startsWith('verify');
  const certificate = parameters.get('sslcert');
  const tls = { rejectUnauthorized: strict, ...(certificate && { ca: fs.readFileSync(certificate, 'utf8') }) };
  if (mode === 'disable') return [false];
  if (mode !== 'prefer' && mode !== 'allow') return [tls];
  const isLocal = host.startsWith('/') || ['localhost', '127.0.0.1', '::1'].includes(host);
  return isLocal ? [false, tls] : [tls, false];
}
