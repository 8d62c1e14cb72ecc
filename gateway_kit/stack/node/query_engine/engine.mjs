// The engine's life: compiled once, instantiated, and after a panic instantiated anew.
//
// A panic in WebAssembly surfaces as a RuntimeError from somewhere within a promise, belongs to no request
// in particular and leaves that instance unusable. So every call is kept on a list; when the instance dies,
// all of them fail, its transactions' connections are closed, and the next call finds a fresh instance.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Driver } from './driver.mjs';
import { PanicError, RequestError } from './failures.mjs';

const require = createRequire(import.meta.url);
const GLUE = require.resolve('@prisma/client/runtime/query_engine_bg.postgresql.js');
const TRACE = '{}';

/** The engine's WebAssembly, compiled (about 25 ms, off the main thread). */
export const compileEngine = () => WebAssembly.compile(readFileSync(GLUE.replace(/js$/, 'wasm')));

export class Engine {
  /** `makeDriver()` gives each instance a driver of its own; `report(text)` is told of panics. */
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

  takeFailure(id) {
    return this.driver.takeFailure(id);
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
      ready = this.connected; // a restart in the meantime makes a new one to wait for
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
        // What the engine rejects outright is a request that it could not even read.
        reject(this.isPanic(error) ? this.restart(error) : new RequestError('P2009', error.message));
      };
      try {
        use(this.engine).then(settle(resolve), fail);
      } catch (error) {
        fail(error);
      }
    });
  }

  /** Whether this error, caught anywhere in the process, is the engine's death. */
  isPanic(error) {
    return error instanceof WebAssembly.RuntimeError || (error instanceof RangeError && /wasm/.test(error.stack));
  }

  /** Fails what is under way and starts a new instance. Returns the error that the callers get. */
  restart(cause) {
    const panic = new PanicError(cause.message);
    this.report(`the query engine panicked (${cause.message}) and is started anew`);
    const { glue, driver, pending } = this;
    // Timers and answers still on their way would call into the dead instance: let them meet nothing.
    glue.__wbg_set_wasm(INERT);
    driver.abandon();
    this.start();
    for (const reject of pending) reject(panic);
    return panic;
  }
}

/** The glue with a clock that runs backwards: this engine takes the time that passed as start − now, which
 * would be "0 ms" in what it says of every expired transaction. */
function withClock(glue) {
  const clock = Object.keys(glue).find((name) => name.startsWith('__wbg_now_') && glue[name].length === 1);
  return { ...glue, [clock]: (performanceObject) => -glue[clock](performanceObject) };
}

/** Answers every property and every call with itself, and every conversion to a number with 0. */
const INERT = new Proxy(function inert() {}, {
  get: (_, key) => (key === Symbol.toPrimitive ? () => 0 : INERT),
  apply: () => INERT,
});
