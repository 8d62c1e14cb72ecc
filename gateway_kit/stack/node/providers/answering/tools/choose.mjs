// Which tools a call uses, and with which arguments.

import { hashText, seededRandom } from "../../random.mjs";
import { fill } from "../fill.mjs";
import { wordingOf } from "../json.mjs";
import { Entities } from "../material/entities.mjs";
import { isCountry, placesOf } from "../material/places.mjs";
import { inWords } from "../material/names.mjs";
import { word } from "../styles.mjs";
import { match, meaningsOf } from "./match.mjs";
import { phrasesFor, placeIn } from "./phrases.mjs";
import { turnOf } from "./results.mjs";

// A prompt says at its beginning or at its end what it wants; the rest is material.
const READ = 400;
const MOST_CALLS = 16;
const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const PLACE = /(?:^| )(?:city|town|location|place|destination|origin|departure|arrival)(?: name)?$/;

/** The calls of tools; an empty list if the answer is text. `known`: the bank's entry for the prompt, if any. */
export function chooseTools(ask, known) {
  const { tools, toolChoice, parallelTools, messages } = ask.call;
  if (!tools?.length || toolChoice === "none") return [];
  const turn = turnOf(messages);
  const wanted = toolChoice === "auto" ? wishedFor(ask, known, turn) : forced(ask, toolChoice, known, turn);
  const calls = parallelTools === false ? wanted.slice(0, 1) : wanted.slice(0, MOST_CALLS);
  return calls.map(({ tool, values }, index) => ({ id: callId(ask, tool, index), name: tool.name, arguments: JSON.stringify(values) }));
}

function said(ask) {
  const { gist } = ask;
  return gist.length <= 2 * READ ? gist : `${gist.slice(0, READ)}\n${gist.slice(-READ)}`;
}

// The calls that the prompt asks for and that were not made yet in this turn.
function wishedFor(ask, known, turn) {
  const prompt = said(ask);
  const matches = matching(ask.call.tools, prompt, known);
  const numbers = [...turn.numbers, ...new Entities(prompt).of("numbers").filter((number) => !turn.used.includes(number))];
  const calls = [];
  let waits = false;
  matches.forEach(({ tool, index }, i) => {
    const made = turn.made.filter((name) => name === tool.name).length;
    const needed = numbersNeeded(tool);
    const places = placesFor(tool, prompt, index, matches[i + 1]?.index);
    if (places === null || waits) return;
    const wanted = places.length > 1 ? places.slice(made) : made > 0 ? [] : [places[0]];
    if (wanted.length === 0) return;
    // What needs a number that another call has still to bring waits for it.
    if (needed > Math.max(numbers.length, 1) || (needed > numbers.length && calls.length > 0)) { waits = calls.length > 0; return; }
    const taken = numbers.splice(0, needed);
    for (const place of wanted) calls.push({ tool, values: argumentsFor(ask, tool, { numbers: taken, place, known }) });
  });
  return calls;
}

// The tools that the prompt speaks of, in its order; of several that it means with the same words, the best.
function matching(tools, prompt, known) {
  const meanings = meaningsOf(prompt);
  const found = tools.map((tool) => ({ tool, ...match(tool, meanings) })).filter(({ score, whole }) => score !== undefined && (!known || whole));
  const chosen = [];
  for (const candidate of found.sort((a, b) => b.score - a.score)) {
    const fresh = candidate.words.filter((word) => !chosen.some(({ words }) => words.includes(word)));
    // "17 * 23" means a product and a calculation, but one call.
    if (chosen.some(({ index }) => index === candidate.index)) continue;
    if (chosen.length === 0 || (fresh.length > 0 && candidate.score >= 3 && fresh.some((word) => match(candidate.tool, new Map([[word, 0]]))))) chosen.push(candidate);
  }
  return chosen.sort((a, b) => a.index - b.index);
}

const propertiesOf = (tool) => Object.entries(tool.parameters?.properties ?? {});
const isRequired = (tool, name) => Array.isArray(tool.parameters?.required) && tool.parameters.required.includes(name);
const typeOf = (schema) => String([schema?.type ?? ""].flat()[0]).toLowerCase();

const numbersNeeded = (tool) => propertiesOf(tool).filter(([name, schema]) => isRequired(tool, name) && ["number", "integer"].includes(typeOf(schema)) && schema.enum === undefined && schema.default === undefined).length;

// The places that the prompt names for a tool, one call for each; null if it needs one and there is none.
function placesFor(tool, prompt, from, to) {
  const fields = propertiesOf(tool).filter(([name, schema]) => PLACE.test(inWords(name)) && ["string", ""].includes(typeOf(schema)));
  if (fields.length !== 1) return [undefined];
  const all = placesOf(prompt);
  const cities = all.filter(({ name }) => !isCountry(name));
  const places = (cities.length ? cities : all);
  const near = places.filter(({ index }) => index > from && (to === undefined || index < to));
  const chosen = (near.length ? near : places).map(({ name }) => name);
  const said = chosen.length === 0 || (cities.length === 0 && !isCountryField(fields[0][0])) ? placeIn(prompt) : undefined;
  if (said) chosen.splice(0, chosen.length, said);
  if (chosen.length === 0) return isRequired(tool, fields[0][0]) ? null : [undefined];
  return chosen;
}

const isCountryField = (name) => /country|nation/.test(inWords(name));

function forced(ask, toolChoice, known, turn) {
  const { tools } = ask.call;
  const prompt = said(ask);
  const named = tools.find((tool) => tool.name === toolChoice.name);
  if (!named) {
    const wished = wishedFor(ask, null, turn);
    if (wished.length) return wished;
  }
  const meanings = meaningsOf(prompt);
  const best = tools.map((tool) => ({ tool, score: match(tool, meanings)?.score ?? 0 })).sort((a, b) => b.score - a.score)[0].tool;
  const tool = named ?? best;
  // Some libraries ask for an answer in JSON by a tool of that form: then its arguments are the answer.
  if (named && !match(tool, meanings)) return [{ tool, values: answerAs(ask, tool, known) }];
  const places = placesFor(tool, prompt, -1) ?? [undefined];
  return places.map((place) => ({ tool, values: argumentsFor(ask, tool, { place, known }) }));
}

const answerAs = (ask, tool, known) => filled(ask, tool, { facts: known?.json ?? known?.facts, answer: known ? word(known, ask.row.style) : undefined });

function argumentsFor(ask, tool, { numbers, place, known }) {
  return filled(ask, tool, { facts: known?.json, places: place === undefined ? undefined : [place], numbers, phrases: phrasesFor(ask, new Entities(ask.gist)) });
}

function filled(ask, tool, material) {
  const parameters = tool.parameters ?? {};
  const schema = parameters === true || Object.keys(parameters).length === 0 ? { type: "object" } : parameters;
  const values = fill(schema, { ...wordingOf(ask), ...material, random: (attempt) => ask.random(`${tool.name} ${attempt}`) });
  return values !== null && typeof values === "object" && !Array.isArray(values) ? values : {};
}

/** A call's id without the provider's prefix: 24 letters and digits, the same for the same call. */
export function callId(ask, tool, index) {
  const random = seededRandom(hashText(`${ask.call.messages.length} ${ask.index} ${tool.name} ${index} ${ask.call.seed ?? ""} ${ask.gist}`));
  return Array.from({ length: 24 }, () => ALPHABET[Math.floor(random() * ALPHABET.length)]).join("");
}
