// The engine's lifecycle: compiled once, instantiated, and replaced by a new instance after a panic.
//
// A panic in WebAssembly surfaces as a RuntimeError somewhere inside a promise, belongs to no particular
// request and leaves the instance unusable. So pending calls are kept in a set: when the instance dies, all
// of them fail, its transactions' connections are closed, and the next call uses a new instance.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Driver } from './driver.mjs';
import { PanicError, RequestError } from './errors.mjs';

const require = createRequire(import.meta.url);
const GLUE = require.resolve('@prisma/client/runtime/query_engine_bg.postgresql.js');
const TRACE = '{}';

/** Compiles the engine's WebAssembly (about 25 ms, off the main thread). */
export const compileEngine = () => WebAssembly.compile(readFileSync(GLUE.replace(/js$/, 'wasm')));

export class Engine {
  /** `makeDriver()` makes a driver for each instance; `report(text)` receives a message about each panic. */
  constructor(wasm, datamodel, makeDriver, report) {
    Object.assign(this, { wasm, datamodel, makeDriver, report });
    this.start();
  }

  /** Prisma's JSON protocol in and out. */
  query(text, transactionId) {
    return this.call((engine) => engine.query(text, TRACE, transactionId ?? undefined));
  }

  startTransaction(options) {
    return this.call((engine) => engine.startTransaction(JSON.stringify(options), TRACE));
  }

  commit(transactionId) {
    return this.call((engine) => engine.commitTransaction(transactionId, TRACE));
  }

  rollback(transactionId) {
    return this.call((engine) => engine.rollbackTransaction(transactionId, TRACE));
  }

  takeError(id) {
    return this.driver.takeError(id);
  }

  start() {
    // The glue keeps its instance in module-level variables: a new instance needs a new copy of it.
    delete require.cache[GLUE];
    this.glue = require(GLUE);
    this.glue.__wbg_set_wasm(
      new WebAssembly.Instance(this.wasm, { './query_engine_bg.js': withClock(this.glue) }).exports,
    );
    this.driver = this.makeDriver();
    const options = {
      datamodel: this.datamodel,
      env: {},
      logQueries: false,
      logLevel: 'error',
      ignoreEnvVarErrors: true,
      datasourceOverrides: {},
      configDir: '.',
      engineProtocol: 'json',
    };
    this.engine = new this.glue.QueryEngine(options, () => {}, this.driver);
    this.connected = this.engine.connect(TRACE);
    this.pending = new Set();
  }

  async call(use) {
    for (let ready = null; ready !== this.connected; ) {
      ready = this.connected; // a restart in the meantime replaces it
      await ready;
    }
    return new Promise((resolve, reject) => {
      const pending = this.pending;
      pending.add(reject);
      const settle = (then) => (value) => {
        pending.delete(reject);
        then(value);
      };
      const fail = (error) => {
        pending.delete(reject);
        // The engine rejects the promise, except in a panic, only if it cannot parse the request.
        reject(this.isPanic(error) ? this.restart(error) : new RequestError('P2009', error.message));
      };
      try {
        use(this.engine).then(settle(resolve), fail);
      } catch (error) {
        fail(error);
      }
    });
  }

  /** Whether this error, caught anywhere in the process, is a panic of the engine. */
  isPanic(error) {
    return error instanceof WebAssembly.RuntimeError || (error instanceof RangeError && /wasm/.test(error.stack));
  }

  /** Fails all pending calls and starts a new instance. Returns the error that the callers get. */
  restart(cause) {
    const panic = new PanicError(cause.message);
    this.report(`the query engine panicked (${cause.message}) and is restarted`);
    const { glue, driver, pending } = this;
    // Pending timers and answers would call into the dead instance; INERT makes those calls harmless.
    glue.__wbg_set_wasm(INERT);
    driver.abandon();
    this.start();
    for (const reject of pending) reject(panic);
    return panic;
  }
}

/** The glue with a clock that runs backwards: this engine computes elapsed time as start − now, so with a
 * normal clock it would report "0 ms" for every expired transaction. */
function withClock(glue) {
  const clock = Object.keys(glue).find((name) => name.startsWith('__wbg_now_') && glue[name].length === 1);
  return { ...glue, [clock]: (performanceObject) => -glue[clock](performanceObject) };
}

/** Returns itself for every property and every call, and 0 for every conversion to a number. */
const INERT = new Proxy(function inert() {}, {
  get: (_, key) => (key === Symbol.toPrimitive ? () => 0 : INERT),
  apply: () => INERT,
});
