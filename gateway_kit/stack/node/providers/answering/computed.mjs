// Answers that are worked out: sums, capitals, counting.

/** Capitals by country, in small letters. */
export const CAPITALS = {
  france: "Paris", germany: "Berlin", italy: "Rome", spain: "Madrid", portugal: "Lisbon", japan: "Tokyo", china: "Beijing",
  india: "New Delhi", canada: "Ottawa", australia: "Canberra", brazil: "Brasília", argentina: "Buenos Aires", egypt: "Cairo",
  kenya: "Nairobi", norway: "Oslo", sweden: "Stockholm", finland: "Helsinki", denmark: "Copenhagen", poland: "Warsaw",
  austria: "Vienna", greece: "Athens", turkey: "Ankara", mexico: "Mexico City", ireland: "Dublin", switzerland: "Bern",
};
const OPERATIONS = {
  "+": (a, b) => a + b, "-": (a, b) => a - b, "*": (a, b) => a * b, "/": (a, b) => a / b,
  plus: (a, b) => a + b, minus: (a, b) => a - b, times: (a, b) => a * b, x: (a, b) => a * b, "divided by": (a, b) => a / b,
};
const SUM = /^(?:what is|whats|calculate|compute) (-?\d+(?:\.\d+)?) ?(\+|-|\*|\/|x|plus|minus|times|divided by) ?(-?\d+(?:\.\d+)?)$/;
const CAPITAL = /^(?:what is |whats |name |tell me )?the capital(?: city)? of (?:the )?([a-z]+)$/;
const COUNT = /^count (?:from 1 )?to (\d{1,3})$/;
const MOST_COUNTED = 200;

/**
 * Answers that are computed: sums, capitals, counting. `prompt` is normalised; null if none fits.
 * `facts` are the values in the answer, for answers in JSON.
 */
export function workOut(prompt) {
  const sum = SUM.exec(prompt);
  if (sum) {
    const [, a, sign, b] = sum;
    const value = OPERATIONS[sign](Number(a), Number(b));
    if (!Number.isFinite(value)) return { exact: ["A division by zero has no result."] };
    const result = String(Number(value.toFixed(6)));
    const shown = `${a} ${{ "*": "×", x: "×", times: "×", plus: "+", minus: "-", "divided by": "/" }[sign] ?? sign} ${b} = ${result}`;
    const facts = { value: Number(result), a: Number(a), b: Number(b), expression: `${a} ${sign} ${b}`, text: result };
    return { short: `${result}.`, full: `${shown}.`, also: `So the result is ${result}.`, facts };
  }
  const country = CAPITAL.exec(prompt)?.[1];
  if (country && CAPITALS[country]) {
    const name = country[0].toUpperCase() + country.slice(1);
    const city = CAPITALS[country];
    const facts = { city, country: name, text: city };
    return { short: `${city}.`, full: `The capital of ${name} is ${city}.`, also: `${city} is the seat of its government.`, facts };
  }
  const last = Number(COUNT.exec(prompt)?.[1] ?? 0);
  if (last > 0 && last <= MOST_COUNTED) {
    const numbers = Array.from({ length: last }, (_, i) => i + 1);
    return { exact: [numbers.join(", "), numbers.join(" "), numbers.join("\n")], facts: { list: numbers } };
  }
  return null;
}
