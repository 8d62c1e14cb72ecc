// The engine's way to PostgreSQL: a Prisma driver adapter on a pool of connections that heals by itself.

import pg from 'pg';
import { asEngineError, asFailure } from './failures.mjs';
import { columnReader, types, unknownTypes, learnTypes } from './columns.mjs';

const TYPES_QUERY = "SELECT oid::int8, typcategory = 'A' AS is_list FROM pg_catalog.pg_type WHERE oid = ANY($1)";
const FAILURES_KEPT = 1000; // failures that the engine swallowed are never asked for

const ok = (value) => ({ ok: true, value });
const notOk = (error) => ({ ok: false, error });

/** A pool that has been proved to reach the database. Raises RequestError where it cannot.
 *
 * `settings` is what `readUrl` returns. The settings for TLS are tried in order; the first that works stays.
 */
export async function openPool(settings) {
  let failure = null;
  for (const ssl of settings.ssl) {
    const pool = new pg.Pool({ ...settings.pool, ssl, Client: clientWith(settings.target.connectTimeoutS) });
    // A backend that is terminated raises 'error' on its connection; unheard, that would end the process.
    pool.on('error', () => {});
    pool.on('connect', (client) => client.on('error', () => {}));
    try {
      const client = await pool.connect();
      client.release();
      return pool;
    } catch (error) {
      failure ??= error;
      await pool.end();
    }
  }
  throw asFailure(failure, settings.target) ?? failure;
}

/** The pool's own deadline covers waiting in its queue; connecting has a shorter one of its own. */
function clientWith(connectTimeoutS) {
  return class extends pg.Client {
    constructor(options) {
      // Inherited, not copied: the pool hides the password from everything that lists its options.
      super(Object.create(options, { connectionTimeoutMillis: { value: connectTimeoutS * 1000 } }));
    }
  };
}

/** The adapter object that the engine is given, with `abandon` and `takeFailure` for its keepers. */
export class Driver {
  provider = 'postgres';
  adapterName = 'gateway-kit';

  constructor(pool, settings, metrics) {
    this.pool = pool;
    this.settings = settings;
    this.metrics = metrics;
    this.failures = new Map();
    this.nextFailure = 0;
    this.open = new Set();
    this.errorRegistry = { consumeError: (id) => this.takeFailure(id) };
    for (const name of ['queryRaw', 'executeRaw', 'startTransaction', 'getConnectionInfo']) {
      this[name] = this[name].bind(this); // the engine calls them without an object
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

  /** Runs one statement on any connection. A connection found dead before it was used is replaced. */
  async runAnywhere(statement) {
    for (;;) {
      const client = await this.pool.connect();
      if (client._queryable === false) {
        client.release(true);
        continue;
      }
      try {
        const result = await this.run(client, statement);
        // A raw BEGIN would turn whoever gets this connection next into a part of its transaction.
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
      // 'extended' takes one statement only, as the native engine does.
      const query = { text: sql, values: bytesInLists(args), rowMode: 'array', types, queryMode: 'extended' };
      const result = await client.query(query);
      const unknown = unknownTypes(result.fields);
      if (unknown.length > 0) learnTypes((await client.query(TYPES_QUERY, [unknown])).rows);
      return result;
    } finally {
      this.metrics.statement(performance.now() - started);
    }
  }

  /** Whether the connection must not be used again. */
  isBroken(error) {
    return asFailure(error, this.settings.target) !== null;
  }

  /** The engine's form of an error; one that it has no name for is kept under a number. */
  failed(error) {
    const failure = asFailure(error, this.settings.target);
    if (failure === null) return notOk(asEngineError(error));
    const id = (this.nextFailure = (this.nextFailure + 1) % 0x7fffffff);
    this.failures.set(id, failure);
    if (this.failures.size > FAILURES_KEPT) this.failures.delete(this.failures.keys().next().value);
    return notOk({ kind: 'GenericJs', id });
  }

  /** The failure kept under this number; it is forgotten here. */
  takeFailure(id) {
    const failure = this.failures.get(id);
    this.failures.delete(id);
    return failure;
  }

  /** Closes the connections of transactions whose engine is gone: PostgreSQL rolls them back. */
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
  readers.forEach(({ late }, at) => {
    if (!late) return;
    for (const row of rows) row[at] = row[at] === null ? null : late(row[at]);
  });
  return { columnNames: fields.map((field) => field.name), columnTypes: readers.map(({ number }) => number), rows };
}

const countOf = ({ rowCount }) => rowCount ?? 0;

/** Bytes within a list must be Buffers, or node-postgres writes them as objects. */
function bytesInLists(args) {
  for (const list of args) {
    if (!Array.isArray(list)) continue;
    list.forEach((item, at) => {
      if (ArrayBuffer.isView(item)) list[at] = Buffer.from(item.buffer, item.byteOffset, item.byteLength);
    });
  }
  return args;
}
