// The file of answers that the simulator starts with.

import { readFileSync, statSync } from "node:fs";

import { InputError } from "../errors.mjs";
import { OwnAnswers } from "./own.mjs";

const LARGEST = 20_000_000;

/** The answers of the file at `path`; none without a path. Raises InputError with what is wrong, and where. */
export function readAnswers(path) {
  const answers = new OwnAnswers();
  if (path) answers.load(read(path));
  return answers;
}

function read(path) {
  try {
    if (statSync(path).size > LARGEST) throw new InputError(`The file has more than ${LARGEST / 1e6} MB.`);
    return new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(path));
  } catch (error) {
    if (error instanceof InputError) throw error;
    if (error instanceof TypeError) throw new InputError("The file is not text in UTF-8.");
    throw new InputError({ ENOENT: "There is no such file.", EISDIR: "It is a folder.", EACCES: "It may not be read." }[error.code] ?? error.message);
  }
}
