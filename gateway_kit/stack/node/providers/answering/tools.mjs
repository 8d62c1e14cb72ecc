// Which tools a call uses, and with which arguments.

import { hashText } from "../random.mjs";

const WEATHER = /\bweather\b[^?.!]*?\b(?:in|for|at)\s+(\p{Lu}[\p{L}-]*(?:\s\p{Lu}[\p{L}-]*)*(?:(?:,| and|, and) (?:in )?\p{Lu}[\p{L}-]*)*)/u;

export const isWeather = (ask) => ask.prompt.length < 200 && WEATHER.test(ask.prompt);

/** The calls of tools; an empty list if the answer is text. */
export function chooseTools(ask, answer) {
  const { tools, toolChoice, messages } = ask.call;
  if (tools.length === 0 || toolChoice === "none" || messages.at(-1).role === "tool") return [];
  const prompt = ask.gist;
  const forced = toolChoice === "required" ? tools[0] : tools.find((tool) => tool.name === toolChoice.name);
  const weather = (forced ? [forced] : tools).find((tool) => /weather/i.test(tool.name));
  const cities = WEATHER.exec(prompt)?.[1]?.split(/,? and (?:in )?|, /);
  if (weather && cities) {
    const wanted = ask.call.parallelTools === false ? cities.slice(0, 1) : cities;
    return wanted.map((city, index) => toolCall(weather, fillIn(weather, prompt, city), prompt, index));
  }
  if (!forced) return [];
  return [toolCall(forced, answer?.json ?? fillIn(forced, prompt), prompt, 0)];
}

const toolCall = (tool, values, prompt, index) => ({
  id: `${hashText(`${tool.name} ${prompt} ${index}`).toString(16).padStart(8, "0")}${hashText(prompt).toString(16)}`,
  name: tool.name,
  arguments: JSON.stringify(values),
});

// Values for a tool's parameters: the city, then the numbers in the prompt, then the prompt itself.
function fillIn(tool, prompt, city) {
  const properties = tool.parameters?.properties ?? {};
  const required = Array.isArray(tool.parameters?.required) ? tool.parameters.required : Object.keys(properties);
  const numbers = (prompt.match(/-?\d+(?:\.\d+)?/g) ?? []).map(Number);
  let cityUsed = city === undefined;
  const values = {};
  for (const name of required) {
    const schema = properties[name] ?? {};
    const type = String((Array.isArray(schema.type) ? schema.type[0] : schema.type) ?? "string").toLowerCase();
    if (Array.isArray(schema.enum) && schema.enum.length) values[name] = schema.enum[0];
    else if (type === "number" || type === "integer") values[name] = numbers.shift() ?? 0;
    else if (type === "boolean") values[name] = true;
    else if (type === "array") values[name] = [];
    else if (type === "object") values[name] = {};
    else if (!cityUsed) { values[name] = city; cityUsed = true; } else values[name] = prompt;
  }
  if (!cityUsed) values[Object.keys(properties)[0] ?? "city"] = city;
  return values;
}
