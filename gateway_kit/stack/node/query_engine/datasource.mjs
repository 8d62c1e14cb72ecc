// Finds the database URL and turns its parameters into options for the driver.

import os from 'node:os';
import fs from 'node:fs';
import { RequestError } from './errors.mjs';

const URL_FORM = /^postgres(?:ql)?:\/\/(?:([^@]*)@)?([^/?#@]*)(?:\/([^?#]*))?(?:\?([^#]*))?(?:#.*)?$/;

// Set for every connection: the engine reads dates, bytes and floats only in these formats, whatever the
// server's, the database's or the role's settings are.
const SESSION = {
  DateStyle: 'ISO, YMD',
  IntervalStyle: 'postgres',
  TimeZone: 'UTC',
  bytea_output: 'hex',
  extra_float_digits: '1',
  lc_monetary: 'C',
  standard_conforming_strings: 'on',
};

/** The database URL: from `OVERWRITE_DATASOURCES` (by the source's name), else the schema's own `url`. */
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

/** A JSON array of `{ name, url }`, plain or in base64 (Prisma's clients use both). */
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
 * `target`: what messages may show. `pool`: options for pg.Pool. `ssl`: the TLS settings to try, in order
 * (`false` is plain text). Raises P1013 without the URL, because it contains the password.
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
    throw invalidUrl('it contains a percent sign that is not an escape (write %25)');
  }
}

function number(parameters, name, fallback) {
  const text = parameters.get(name);
  if (text === null) return fallback;
  if (!/^\d+$/.test(text)) throw invalidUrl(`${name} is not a number`);
  return Number(text);
}

/** Startup options take precedence over settings from `ALTER DATABASE` and `ALTER ROLE … SET`. */
function sessionOptions(schema, extra) {
  const settings = { ...SESSION, search_path: `"${schema.replaceAll('"', '""')}"` };
  const escape = (text) => text.replace(/[\\ ]/g, '\\$&');
  const options = Object.entries(settings).map(([name, value]) => `-c ${name}=${escape(value)}`);
  return [extra, ...options].filter(Boolean).join(' ');
}

/** Prisma's default, `prefer`, uses TLS if the server offers it. A local connection tries plain text first. */
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
