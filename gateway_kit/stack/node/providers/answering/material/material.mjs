// What values are made of: the known answer's facts, what the prompt names, usual values for a field's name.

import { Entities } from "./entities.mjs";
import { ANY_NUMBER, NO_PERSON, OF_PERSONS, ORDERED, PERSON, PROSE, RESULT, SOURCE, TITLE, inWords, usualNumbers, usualTexts } from "./names.mjs";

const KEYS = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"];
const USUAL_LENGTH = 3;
const SPELLED = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
const POSITIVE = /\b(?:love|loved|great|excellent|amazing|good|wonderful|perfect|best|happy|fantastic|awesome|like|enjoyed|recommend)\b/gi;
const NEGATIVE = /\b(?:hate|hated|bad|terrible|awful|worst|poor|broken|sad|angry|disappoint\w*|horrible|never again|refund|slow|rude)\b/gi;

export class Material {
  /**
   * `gist`: the prompt, shortened. `answer`: the known answer's text. `facts`: its values by name, and `text`, `value`
   * and `list` for the one asked for. `prose`: a function that writes text. `phrases`: for a tool (tools/phrases.mjs).
   */
  constructor({ gist, answer, facts = {}, prose, simulated, phrases, places, numbers, nouns, subject }) {
    Object.assign(this, { gist, answer, facts, prose, simulated, phrases, subject, taken: new Map() });
    this.entities = new Entities(gist, { ...(places && { places }), ...(numbers && { numbers }) }, nouns);
  }

  /** Whether the prompt says something for an optional field of a tool. */
  knows(place, schema) {
    const words = inWords(place.name);
    const read = schema === null || typeof schema !== "object" ? {} : schema;
    if (Array.isArray(read.enum)) return read.enum.some((value) => this.says(value));
    const kind = this.kindOf(place.name, place, read.title, read.format);
    if (kind !== undefined && this.entities.of(kind).length > 0) return true;
    return read.type === "boolean" ? this.says(words) : this.toldNumber(words) !== undefined || new RegExp(`(?<![\\p{L}])${escaped(words)}\\s*[:=]`, "iu").test(this.gist);
  }

  // The next thing of a kind that no other field has; for another field of the first object the same once more.
  take(kind, place) {
    const list = this.entities.of(kind);
    const count = this.taken.get(kind) ?? 0;
    if (count < list.length) {
      this.taken.set(kind, count + 1);
      return list[count];
    }
    return place.position === undefined || place.position === 0 ? list.at(-1) : undefined;
  }

  get lower() {
    this._lower ??= this.gist.toLowerCase();
    return this._lower;
  }

  says(text) {
    const word = String(text).toLowerCase();
    if (word.length === 0 || word.length > 200 || !this.lower.includes(word)) return false;
    return /[\p{L}\p{N}]/u.test(word) && new RegExp(`(?<![\\p{L}\\p{N}])${escaped(word)}(?:s|es)?(?![\\p{L}\\p{N}])`, "u").test(this.lower);
  }

  /** How much the prompt speaks of a branch: its constants first, then its title and properties. */
  mentions(branch) {
    if (branch === true || branch === false) return 0;
    let score = 0;
    const properties = Object.entries(branch.properties ?? {}).slice(0, 20);
    for (const node of [branch, ...properties.map(([, property]) => property)]) {
      for (const value of [node.const, ...(node.enum ?? []).slice(0, 20)]) if (typeof value === "string" && this.says(inWords(value))) score += 4;
    }
    for (const word of inWords(branch.title ?? "").split(" ")) if (word.length > 2 && this.says(word)) score += 2;
    for (const [name] of properties) if (this.says(inWords(name))) score += 1;
    return score;
  }

  /** An enum's values: those in the known answer or the prompt first. */
  order(values, random, salt, place) {
    const fact = this.fact(place);
    const known = (value) => (value === fact ? 3 : 0) + (typeof value === "string" && this.answer && this.answer.toLowerCase().includes(value.toLowerCase()) ? 1 : 0)
      + (typeof value === "string" && (this.says(value) || this.says(inWords(value))) ? 2 : 0) + (typeof value === "number" && this.entities.of("numbers").includes(value) ? 2 : 0) + (value === null ? -1 : 0);
    const turn = Math.floor(random() * values.length);
    const turned = [...values.slice(turn), ...values.slice(0, turn)].map((value) => ({ value, score: known(value) + this.feeling(value) }));
    const sorted = turned.sort((a, b) => b.score - a.score).map(({ value }) => value);
    const start = ((place.list ? place.position ?? 0 : 0) + salt) % sorted.length;
    return [...sorted.slice(start), ...sorted.slice(0, start)];
  }

  feeling(value) {
    if (value !== "positive" && value !== "negative" && value !== "neutral") return 0;
    const balance = (this.gist.match(POSITIVE)?.length ?? 0) - (this.gist.match(NEGATIVE)?.length ?? 0);
    return (value === "positive" && balance > 0) || (value === "negative" && balance < 0) || (value === "neutral" && balance === 0) ? 1 : 0;
  }

  flag(place, salt) {
    const fact = this.fact(place);
    if (typeof fact === "boolean") return salt % 2 ? !fact : fact;
    const words = inWords(place.name).replace(/^(?:is|has|was|can|should|needs|include|with) /, "");
    const denied = words !== "" && new RegExp(`\\b(?:no|not|without|never|isn't|don't)\\b[^.]{0,20}\\b${escaped(words)}\\b`, "i").test(this.gist);
    return salt % 2 ? denied : !denied;
  }

  key(turn) {
    return KEYS[turn] ?? `key_${turn + 1}`;
  }

  singular(name) {
    if (/ies$/.test(name)) return name.replace(/ies$/, "y");
    if (/(?:ss|us|is)$/.test(name)) return name;
    return name.replace(/s$/, "");
  }

  /** How many items a list has: as many as the prompt names or asks for. */
  length(place, items) {
    if (Array.isArray(items?.enum)) return Math.min(Math.max(items.enum.filter((value) => this.says(value)).length, 1), items.enum.length);
    if (Array.isArray(this.facts[place.name])) return this.facts[place.name].length;
    const kind = this.kindOf(this.singular(place.name), place, items?.title);
    const named = kind === undefined ? 0 : this.entities.of(kind).length;
    if (named > 0) return named;
    if (this.facts.list && (items?.type === "integer" || items?.type === "number")) return this.facts.list.length;
    const words = inWords(place.name);
    const count = `(\\d{1,3}|${SPELLED.join("|")})`;
    const one = words === "" ? "\\p{L}+" : `${escaped(this.singular(words))}(?:s|es)?`;
    const asked = new RegExp(`(?<![\\p{L}\\d])${count} (?:\\p{L}+ ){0,2}${one}(?![\\p{L}])`, "iu").exec(this.gist)?.[1]
      ?? new RegExp(`(?:list|name|give|generate|suggest|write|create|find|propose)(?: me)? ${count} \\p{L}+`, "iu").exec(this.gist)?.[1];
    const number = asked === undefined ? USUAL_LENGTH : SPELLED.indexOf(asked.toLowerCase()) >= 0 ? SPELLED.indexOf(asked.toLowerCase()) : Number(asked);
    return Math.min(Math.max(number, 1), 200);
  }

  fact(place) {
    const { facts } = this;
    if (Object.hasOwn(facts, place.name) && !place.list) return facts[place.name];
    const words = inWords(place.name);
    const found = Object.keys(facts).find((name) => inWords(name) === words);
    if (found !== undefined && !place.list) return facts[found];
    if (place.list && facts.list) return facts.list[place.position];
    if (/(?:^| )(?:city|capital)(?: name)?$/.test(words)) return facts.city;
    return RESULT.test(words) || words === "" || words === "name" ? facts.value ?? facts.text : undefined;
  }

  // Which of the prompt's entities a field takes.
  kindOf(name, place, title, format) {
    const words = inWords(name);
    if (format === "email") return "emails";
    if (format === "uri" || format === "url") return "addresses";
    if (/(?:^| )(?:country|nation)(?: name)?$/.test(words)) return "countries";
    if (/(?:^| )(?:city|town|location|place|destination|region|origin|departure|arrival)(?: (?:name|city|airport))?$/.test(words)) return "places";
    if (/(?:^| )e ?mail(?: address)?$/.test(words)) return "emails";
    if (/(?:^| )(?:url|uri|link|website)$/.test(words)) return "addresses";
    if (/(?:^| )(?:date|day|deadline|when|due date|birthday)$/.test(words)) return "dates";
    if (/(?:^| )time$/.test(words)) return "times";
    if (/^(?:keyword|tag|topic|hashtag|term)s?$/.test(words) && place.list) return "keywords";
    if (/^(?:company|employer|organi[sz]ation|workplace)(?: name)?$/.test(words)) return "companies";
    if (/^(?:job|job title|occupation|profession|role|position)$/.test(words)) return "jobs";
    if (/^(?:target |source )?language$/.test(words)) return "languages";
    if (SOURCE.test(words)) return "quotes";
    if (!PERSON.test(words)) return undefined;
    const about = `${place.parent ?? ""} ${title ?? ""}`;
    if (words === "name" && place.position !== undefined && !OF_PERSONS.test(about)) return undefined;
    // The name of a meeting is no person's, nor is one beside a list of people.
    if (words === "name" && (NO_PERSON.test(about) || place.siblings?.some((other) => /^(?:participants|attendees|people|members|guests)$/i.test(other)))) return undefined;
    return "people";
  }

  // What the prompt calls it: in quotes, with a capital letter, or the beginning of what follows a colon.
  *title(place) {
    const [quote] = this.entities.of("quotes");
    if (quote !== undefined) yield quote;
    const withPeople = place.siblings?.some((other) => /^(?:participants|attendees|people|members|guests)$/i.test(other));
    const [name] = withPeople ? [] : this.entities.of("people");
    if (name !== undefined) yield name;
    const said = (/:\s*(\S[^\n.?!]{1,80})/.exec(this.gist)?.[1] ?? this.subject ?? "").split(/\s(?:with|on|at|in|from|am|um|le|el)\s/)[0].trim();
    if (said) yield said;
  }

  // "from Oslo to Rome", in either order.
  directed(words, kind) {
    if (kind !== "places") return undefined;
    const way = /(?:^| )(?:origin|from|departure|source)(?: |$)/.test(words) ? "from" : /(?:^| )(?:destination|to|arrival|target)(?: |$)/.test(words) ? "to" : undefined;
    return way && this.entities.of(kind).find((name) => this.lower.includes(`${way} ${name.toLowerCase()}`));
  }

  /** Texts for a field, the best first. `free`: any text will do, so there is always one. */
  *texts(place, schema, { salt, random, free }) {
    const words = inWords(place.name);
    const turn = (place.position ?? 0) + salt;
    const fact = this.fact(place);
    if (salt === 0 && fact !== undefined && fact !== null && typeof fact !== "object") yield String(fact);
    if (salt === 0 && this.answer !== undefined && (place.name === "" || PROSE.test(words) || RESULT.test(words))) yield this.answer;
    if (salt === 0 && !place.list && words !== "") {
      const told = new RegExp(`(?<![\\p{L}])${escaped(words)}["'\`]?\\s*(?:[:=]|is(?! not)|named|called|set to|equal to)\\s*["'“]?([^,.;:\\n"'”]{1,80})`, "iu").exec(this.gist)?.[1];
      if (told) yield told.trim();
    }
    const kind = this.kindOf(place.name, place, schema.title, schema.format);
    const entity = kind === undefined || salt > 0 ? undefined : this.directed(words, kind) ?? this.take(kind, place);
    if (entity !== undefined) yield part(words, entity);
    if (this.phrases !== undefined && salt === 0 && !place.list) {
      const meant = this.phrases.exact(words);
      if (meant !== undefined) yield meant;
    }
    // The name of a country is a country's.
    const usual = words === "name" && usualTexts(words).length === 0 ? usualTexts(inWords(place.parent ?? "").replace(/ (?:info|data|details|response|schema|model|output)$/, "")) : usualTexts(words);
    this.chance ??= Math.floor(random() * 5);
    const { chance } = this;
    if (usual.length === 0) for (const value of usualNumbers(words).slice(0, 1)) yield String(this.toldNumber(words) ?? value);
    // Where more different ones are needed than there are, they get numbers.
    const spent = salt >= usual.length;
    for (let i = 0; i < usual.length; i += 1) yield usual[(turn + i + chance) % usual.length] + (spent && free ? ` ${salt + 1}` : "");
    if (!free) return;
    if (words === "name" && kind === "people") yield usualTexts("full name")[(turn + chance) % 5];
    if (this.phrases === undefined && turn === 0 && !place.list && TITLE.test(words)) yield* this.title(place);
    if (this.phrases !== undefined && turn === 0) yield this.phrases.general(words);
    if (place.name === "" || PROSE.test(words)) yield this.prose(schema, turn);
    yield `${this.simulated} ${words || "text"}${turn > 0 || place.list ? ` ${turn + 1}` : ""}`;
  }

  /** Numbers for a field, the best first; there may be none. */
  *numbers(place, { whole, salt, random, low, high }) {
    const words = inWords(place.name);
    const turn = (place.position ?? 0) + salt;
    const fact = this.fact(place);
    if (salt === 0 && typeof fact === "number") yield fact;
    if (salt === 0 && words !== "") {
      const told = this.toldNumber(words, place.position ?? 0);
      if (told !== undefined) yield told;
    }
    if (ORDERED.test(words) && (place.position !== undefined || this.phrases === undefined)) yield turn + 1;
    const usual = usualNumbers(words).filter((value) => !whole || Number.isInteger(value));
    if (usual.length === 0 || ANY_NUMBER.test(words) || this.phrases !== undefined || place.list) {
      this.usedNumbers ??= new Set();
      const numbers = this.entities.of("numbers");
      const next = numbers.findIndex((value, index) => !this.usedNumbers.has(index) && (!whole || Number.isInteger(value)) && value >= low && value <= high);
      if (next >= 0) {
        this.usedNumbers.add(next);
        yield numbers[next];
      }
    }
    this.chance ??= Math.floor(random() * 5);
    if (usual.length) yield usual[(turn + this.chance) % usual.length];
  }

  // The number that the prompt gives for a name: "age 30", "30 years old", "3 apples", "$5".
  toldNumber(words, position = 0) {
    const number = "([-−]?\\d+(?:,\\d{3})*(?:\\.\\d+)?)";
    const read = (match) => (match ? Number(match[1].replace("−", "-").replaceAll(",", "")) : undefined);
    if (/(?:^| )age$/.test(words) && position > 0) return read([...this.gist.matchAll(/(\d{1,3})[- ]?(?:years?|yrs?)[- ]old/gi)][position]);
    if (position > 0) return undefined;
    if (/(?:^| )age$/.test(words)) return read(/(\d{1,3})[- ]?(?:years?|yrs?)[- ]old|\baged? (\d{1,3})/i.exec(this.gist)?.filter(Boolean)) ?? read(/, (\d{1,3})(?=[,. ])/.exec(this.gist)) ?? read(/\bis (\d{1,3})\b(?!\s*%)/.exec(this.gist));
    if (/(?:^| )(?:price|cost|amount|total|budget|salary)$/.test(words)) {
      const money = read(new RegExp(`[$€£¥]\\s?${number}`).exec(this.gist)) ?? read(new RegExp(`${number}\\s?(?:dollars|euros?|usd|eur|€|\\$)`, "i").exec(this.gist));
      if (money !== undefined) return money;
    }
    const word = escaped(words.split(" ").at(-1));
    return read(new RegExp(`(?<![\\p{L}])${word}\\s*(?:is|of|=|:|to|at)?\\s*${number}`, "iu").exec(this.gist)) ?? read(new RegExp(`${number} (?:\\p{L}+ )?${word.replace(/s$/, "")}(?:s|es)?(?![\\p{L}])`, "iu").exec(this.gist));
  }
}

// "Ada Berg" as a first or a last name.
function part(words, entity) {
  if (/^(?:first|given) ?name$/.test(words)) return entity.split(" ")[0];
  if (/^(?:last|family) ?name$|^surname$/.test(words)) return entity.split(" ").at(-1);
  return entity;
}
