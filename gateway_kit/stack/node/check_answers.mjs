// Checks a file of answers for the provider simulator: `node check_answers.mjs FILE` prints what is wrong and exits with 1.

import { readAnswers } from "./providers/answering/file.mjs";

try {
  readAnswers(process.argv[2]);
} catch (error) {
  console.log(error.message);
  process.exitCode = 1;
}
