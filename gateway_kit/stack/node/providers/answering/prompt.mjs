// What a call asks for: its prompt, the language, and random numbers that repeat for the same call.

import { hashText, seededRandom } from "../random.mjs";
import { languageAsked, languageOf } from "./languages/index.mjs";
import { withoutHint } from "./hint.mjs";
import { wishOf } from "./length.mjs";
import { subjectOf } from "./subject.mjs";

// Wishes stand at the beginning or at the end of a long prompt; the rest is material.
const READ = 1_500;
const HASHED = 20_000;

/** The text of the last message of the user; of a conversation without one, of the last message. */
export function promptOf(messages) {
  for (let i = messages.length - 1; i >= 0; i -= 1) if (messages[i].role === "user") return messages[i].text;
  return messages.at(-1)?.text ?? "";
}

/** What an answer is made from; the costly parts are worked out when they are first asked for. */
export class Ask {
  constructor(call, row, index) {
    this.call = call;
    this.row = row;
    this.index = index;
    this.prompt = promptOf(call.messages);
  }

  /** The beginning and the end of the prompt: enough to find what it wants. */
  get gist() {
    if (this._gist === undefined) {
      const said = withoutHint(this.prompt);
      this._gist = (said.length <= 2 * READ ? said : `${said.slice(0, READ)}\n${said.slice(-READ)}`).toWellFormed();
    }
    return this._gist;
  }

  /** What the system's messages say. */
  get instructions() {
    this._instructions ??= this.call.messages.filter(({ role }) => role === "system").map(({ text }) => text.slice(0, READ)).join("\n").toWellFormed();
    return this._instructions;
  }

  /** The language of the prompt. */
  get written() {
    this._written ??= languageOf(this.gist);
    return this._written;
  }

  /** The language of the answer. */
  get language() {
    this._language ??= languageAsked(this.gist, this.instructions) ?? this.written;
    return this._language;
  }

  /** How long the answer should be (length.mjs). */
  get wish() {
    this._wish ??= wishOf(this.gist, this.instructions, this.row.style, this.call.verbosity);
    return this._wish;
  }

  get subject() {
    this._subject ??= subjectOf(this.gist, this.written, this.wish.said);
    return this._subject;
  }

  /** A new series of random numbers, the same for the same call, choice and purpose. */
  random(purpose) {
    this._hash ??= hashText(this.prompt.length <= HASHED ? this.prompt : this.prompt.slice(0, HASHED) + this.prompt.slice(-HASHED));
    const { row, call, index } = this;
    return seededRandom(hashText(`${row.provider}/${row.model} ${call.seed ?? ""} ${index} ${call.messages.length} ${purpose} ${this._hash}`));
  }
}

export const pick = (list, random) => list[Math.floor(random() * list.length)];
