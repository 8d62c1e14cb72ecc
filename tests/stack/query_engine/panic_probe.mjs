// The query engine, made to panic for real whenever this program receives SIGUSR2: an action that the engine
// does not know panics inside the WebAssembly. (Requests cannot do that: the translator refuses them first.)

import process from 'node:process';
import { pathToFileURL } from 'node:url';

const { serve } = await import(pathToFileURL(`${process.env.QUERY_ENGINE_FOLDER}/serve.mjs`).href);
const { engine, stop } = await serve({ port: Number(process.argv[3]), env: process.env });
process.on('SIGUSR2', () => {
  const query = { modelName: 'User', action: 'noSuchAction', query: { arguments: {}, selection: {} } };
  engine.query(JSON.stringify(query)).catch((error) => process.stderr.write(`probe: ${error.message}\n`));
});
process.once('SIGTERM', stop);
