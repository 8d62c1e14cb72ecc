// The engine's connection to PostgreSQL: a Prisma driver adapter on a pool that replaces dead connections.

import pg from 'pg';
import { asEngineError, asRequestError } from './errors.mjs';
import { columnReader, types, unknownTypes, learnTypes } from './columns.mjs';

const TYPES_QUERY = "SELECT oid::int8, typcategory = 'A' AS is_list FROM pg_catalog.pg_type WHERE oid = ANY($1)";
const ERRORS_KEPT = 1000; // errors that the engine swallows are never taken

const ok = (value) => ({ ok: true, value });
const notOk = (error) => ({ ok: false, error });

/** A pool with a tested connection to the database. Raises RequestError if it cannot connect.
 *
 * `settings` is what `readUrl` returns. The TLS settings are tried in order; the first that works is used.
 */
export async function openPool(settings) {
  let firstError = null;
  for (const ssl of settings.ssl) {
    const pool = new pg.Pool({ ...settings.pool, ssl, Client: clientWith(settings.target.connectTimeoutS) });
    // A terminated backend emits 'error' on its connection; without a listener that would end the process.
    pool.on('error', () => {});
    pool.on('connect', (client) => client.on('error', () => {}));
    try {
      const client = await pool.connect();
      client.release();
      return pool;
    } catch (error) {
      firstError ??= error;
      await pool.end();
    }
  }
  throw asRequestError(firstError, settings.target) ?? firstError;
}

/** The pool's own deadline covers waiting in its queue; connecting has a shorter deadline. */
function clientWith(connectTimeoutS) {
  return class extends pg.Client {
    constructor(options) {
      // Inherited, not copied: the pool makes the password non-enumerable, and a copy would lose it.
      super(Object.create(options, { connectionTimeoutMillis: { value: connectTimeoutS * 1000 } }));
    }
  };
}

/** The adapter object for the engine. `abandon` and `takeError` are for this program, not for the engine. */
export class Driver {
  provider = 'postgres';
  adapterName = 'gateway-kit';

  constructor(pool, settings, metrics) {
    this.pool = pool;
    this.settings = settings;
    this.metrics = metrics;
    this.errors = new Map();
    this.lastErrorId = 0;
    this.open = new Set();
    this.errorRegistry = { consumeError: (id) => this.takeError(id) };
    for (const name of ['queryRaw', 'executeRaw', 'startTransaction', 'getConnectionInfo']) {
      this[name] = this[name].bind(this); // the engine calls them without `this`
    }
  }

  getConnectionInfo() {
    return ok({ schemaName: this.settings.schema });
  }

  async queryRaw(statement) {
    return this.answer(statement, rowsOf);
  }

  async executeRaw(statement) {
    return this.answer(statement, countOf);
  }

  async startTransaction() {
    try {
      return ok(new Transaction(this, await this.pool.connect()));
    } catch (error) {
      return this.failed(error);
    }
  }

  async answer(statement, read) {
    try {
      return ok(read(await this.runAnywhere(statement)));
    } catch (error) {
      return this.failed(error);
    }
  }

  /** Runs one statement on any connection, after replacing connections that died while idle. */
  async runAnywhere(statement) {
    for (;;) {
      const client = await this.pool.connect();
      if (client._queryable === false) {
        client.release(true);
        continue;
      }
      try {
        const result = await this.run(client, statement);
        // After a raw BEGIN, the connection's next user would become part of that transaction.
        client.release(client.getTransactionStatus() !== 'I');
        return result;
      } catch (error) {
        client.release(this.isBroken(error));
        throw error;
      }
    }
  }

  async run(client, { sql, args }) {
    const started = performance.now();
    try {
      // 'extended' accepts only one statement, like the native engine.
      const query = { text: sql, values: bytesInLists(args), rowMode: 'array', types, queryMode: 'extended' };
      const result = await client.query(query);
      const unknown = unknownTypes(result.fields);
      if (unknown.length > 0) learnTypes((await client.query(TYPES_QUERY, [unknown])).rows);
      return result;
    } finally {
      this.metrics.statement(performance.now() - started);
    }
  }

  /** Whether this error makes the connection unusable. */
  isBroken(error) {
    return asRequestError(error, this.settings.target) !== null;
  }

  /** An error in the engine's form. One that the engine has no form for is stored under an id. */
  failed(error) {
    const requestError = asRequestError(error, this.settings.target);
    if (requestError === null) return notOk(asEngineError(error));
    const id = (this.lastErrorId = (this.lastErrorId + 1) % 0x7fffffff);
    this.errors.set(id, requestError);
    if (this.errors.size > ERRORS_KEPT) this.errors.delete(this.errors.keys().next().value);
    return notOk({ kind: 'GenericJs', id });
  }

  /** Returns the error stored under this id, and forgets it. */
  takeError(id) {
    const error = this.errors.get(id);
    this.errors.delete(id);
    return error;
  }

  /** Closes the connections of all open transactions: PostgreSQL rolls them back. */
  abandon() {
    for (const transaction of this.open) transaction.end(true);
  }
}

/** One connection from BEGIN to COMMIT or ROLLBACK (the engine sends these statements itself). */
class Transaction {
  provider = 'postgres';
  adapterName = 'gateway-kit';
  options = { usePhantomQuery: false };

  constructor(driver, client) {
    this.driver = driver;
    this.client = client;
    driver.open.add(this);
    for (const name of ['queryRaw', 'executeRaw', 'commit', 'rollback']) this[name] = this[name].bind(this);
  }

  async queryRaw(statement) {
    return this.answer(statement, rowsOf);
  }

  async executeRaw(statement) {
    return this.answer(statement, countOf);
  }

  async commit() {
    this.end(false);
    return ok(undefined);
  }

  async rollback() {
    this.end(false);
    return ok(undefined);
  }

  async answer(statement, read) {
    try {
      if (this.client === null) throw new Error('Connection terminated');
      return ok(read(await this.driver.run(this.client, statement)));
    } catch (error) {
      if (this.driver.isBroken(error)) this.end(true); // whether or not the engine asks for a rollback
      return this.driver.failed(error);
    }
  }

  end(isBroken) {
    this.driver.open.delete(this);
    this.client?.release(isBroken);
    this.client = null;
  }
}

function rowsOf({ fields, rows }) {
  const readers = fields.map((field) => columnReader(field.dataTypeID));
  readers.forEach(({ parseLate }, at) => {
    if (!parseLate) return;
    for (const row of rows) row[at] = row[at] === null ? null : parseLate(row[at]);
  });
  return { columnNames: fields.map((field) => field.name), columnTypes: readers.map(({ number }) => number), rows };
}

const countOf = ({ rowCount }) => rowCount ?? 0;

/** Turns bytes inside lists into Buffers; node-postgres would write other views as objects. */
function bytesInLists(args) {
  for (const list of args) {
    if (!Array.isArray(list)) continue;
    list.forEach((item, at) => {
      if (ArrayBuffer.isView(item)) list[at] = Buffer.from(item.buffer, item.byteOffset, item.byteLength);
    });
  }
  return args;
}
