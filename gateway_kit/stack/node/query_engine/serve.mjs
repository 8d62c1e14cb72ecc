// Starts the engine and its HTTP server, doing as much as possible in parallel.

import { readFileSync } from 'node:fs';
import process from 'node:process';
import { compileEngine, Engine } from './engine.mjs';

const SHUTDOWN_MS = 1000;

const report = (text) => process.stderr.write(`query-engine: ${text}\n`);

/** Listens on 127.0.0.1:`port` once the database has answered. Returns `{ engine, stop }`.
 *
 * `env`: PRISMA_DML_PATH (or PRISMA_DML in base64), OVERWRITE_DATASOURCES, the variable that the schema names for
 * its URL, and QUERY_ENGINE_TOKEN, without which everybody who reaches the port is answered. Raises RequestError if
 * the database cannot be reached. `stop` ends the process.
 */
export async function serve({ port, env }) {
  const compiling = compileEngine(); // on another thread
  const { readSchema } = await import('./schema.mjs');
  const { findUrl, readUrl } = await import('./datasource.mjs');
  const { Driver, openPool } = await import('./driver.mjs');
  const datamodel = readDatamodel(env);
  const { models, datasource } = readSchema(datamodel);
  const settings = readUrl(findUrl(datasource, env));
  const opening = openPool(settings);
  opening.catch(() => {}); // awaited below, after the other modules are loaded
  const { Metrics } = await import('./metrics.mjs');
  const { makeServer } = await import('./server.mjs');
  const { makeTranslator } = await import('./translate.mjs');
  const [wasm, pool] = [await compiling, await opening];

  const metrics = new Metrics();
  metrics.watch(pool);
  const engine = new Engine(wasm, datamodel, () => new Driver(pool, settings, metrics), report);
  catchPanics(engine);
  await engine.connected;
  const server = makeServer({ engine, translate: makeTranslator(models), metrics, report, token: env.QUERY_ENGINE_TOKEN });
  await new Promise((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));

  const stop = () => {
    setTimeout(() => process.exit(0), SHUTDOWN_MS); // a running statement is left to PostgreSQL
    engine.driver.abandon();
    server.close();
    server.closeAllConnections();
    pool.end().finally(() => process.exit(0));
  };
  return { engine, stop };
}

/** The schema's text: the file PRISMA_DML_PATH, or PRISMA_DML in base64. */
function readDatamodel(env) {
  if (env.PRISMA_DML_PATH) return readFileSync(env.PRISMA_DML_PATH, 'utf8');
  if (env.PRISMA_DML) return Buffer.from(env.PRISMA_DML, 'base64').toString('utf8');
  throw new Error('PRISMA_DML_PATH is not set; set it to the path of the Prisma schema file.');
}

/** Handles panics, which surface in no caller (see engine.mjs), and unhandled rejections. */
function catchPanics(engine) {
  process.on('uncaughtException', (error) => {
    if (engine.isPanic(error)) return void engine.restart(error);
    report(`exits after an unexpected ${error?.stack ?? error}`);
    process.exit(1);
  });
}
