// How long an answer should be: what the prompt asks for, or what is usual for the model's style.

const NUMBER = "(\\d{1,6}|one|two|three|four|five|six|seven|eight|nine|ten)";
const WORDS = { one: 1, two: 2, three: 3, four: 4, five: 5, six: 6, seven: 7, eight: 8, nine: 9, ten: 10 };
const UNITS = new RegExp(`${NUMBER} (?:\\w+ )?(words?|sentences?|paragraphs?|bullets?|points|items|lines)`, "i");
const USUAL = { brief: 25, crisp: 30, bulleted: 40, plain: 60, formal: 65, measured: 55, marked: 70, warm: 80, friendly: 75, chatty: 80, teacher: 90 };

/** `{ words }`, `{ sentences }`, `{ points }` or `{ words, paragraphs }`. */
export function wishOf(text, style) {
  const found = UNITS.exec(text);
  if (found) {
    const count = Math.min(Number(WORDS[found[1].toLowerCase()] ?? found[1]), 4_000);
    const unit = found[2].toLowerCase();
    if (count > 0 && unit.startsWith("word")) return { words: count };
    if (count > 0 && unit.startsWith("sentence")) return { sentences: Math.min(count, 200) };
    if (count > 0 && unit.startsWith("paragraph")) return { words: Math.min(count, 40) * 50, paragraphs: Math.min(count, 40) };
    if (count > 0) return { points: Math.min(count, 200) };
  }
  if (/\b(briefly|brief|short|concise)\b/i.test(text)) return { words: 25 };
  if (/\b(long|detailed|essay|in depth|in detail)\b/i.test(text)) return { words: 300 };
  return { words: USUAL[style] ?? 60 };
}
