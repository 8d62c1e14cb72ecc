#!/usr/bin/env node
// Prisma's query engine as a program, without native code: it takes the original binary's options and protocol
// (`-p PORT`, PRISMA_DML_PATH, GraphQL over HTTP) and runs Prisma's own WebAssembly engine on node-postgres.

import process from 'node:process';
import { parseArgs } from 'node:util';

const ENGINE_VERSION = '393aa359c9ad4a4bb28630fb5613f9c281cde053'; // Prisma 5.17.0
const PARENT_CHECK_MS = 500;

/** Exits once the client that started this program is gone: a killed client cannot stop its engine. */
function followParent() {
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && process.exit(0), PARENT_CHECK_MS).unref();
}

async function main() {
  const { values: options } = parseArgs({
    strict: false, // the binary has flags that have no effect here
    options: { port: { type: 'string', short: 'p' }, version: { type: 'boolean', short: 'V' } },
  });
  if (options.version) {
    process.stdout.write(`query-engine ${ENGINE_VERSION}\n`);
    return;
  }
  const port = Number(options.port);
  if (!Number.isInteger(port) || port < 0 || port > 65535) throw new Error('give a port: query_engine.mjs -p PORT');
  followParent();
  const { serve } = await import('./query_engine/serve.mjs');
  const { stop } = await serve({ port, env: process.env });
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}

main().catch((error) => {
  const code = typeof error?.code === 'string' ? `${error.code}: ` : '';
  process.stderr.write(`query-engine: Error: ${code}${error?.message ?? error}\n`);
  process.exit(1);
});
