// A block of code that only says it is simulated, for prompts that ask for code.

const COMMENTS = {
  python: "#", javascript: "//", typescript: "//", java: "//", kotlin: "//", swift: "//", golang: "//", rust: "//", "c++": "//", cpp: "//", "c#": "//", csharp: "//", c: "//",
  php: "//", ruby: "#", bash: "#", shell: "#", sh: "#", sql: "--", yaml: "#", r: "#", lua: "--", haskell: "--", dockerfile: "#",
};
const NAMES = Object.keys(COMMENTS).filter((name) => name.length > 1).map((name) => name.replaceAll("+", "\\+")).join("|");
const CODE = new RegExp(`(?<![\\p{L}])(${NAMES})(?![\\p{L}])`, "iu");
const MAKE = /(?:write|create|implement|generate|schreibe?|écri[st]|escrib[ae]|escrev[ae]|scrivi|schrijf|напиши)/i;
const THING = /(?:function|method|class|script|program|code|query|snippet|regex|loop|funktion|skript|programm|fonction|función|programa|função|funzione|functie|функци|скрипт|関数|函数|함수)/i;

/** The block, or an empty text if the prompt asks for no code. */
export function codeFor(ask) {
  const { gist, language } = ask;
  if (!MAKE.test(gist) && !/関数|函数|함수/.test(gist)) return "";
  const named = CODE.exec(gist)?.[1].toLowerCase();
  if (!THING.test(gist) || (named === undefined && !/(?:function|script|program|code|funktion|fonction|función|função|funzione)/i.test(gist))) return "";
  const name = named ?? "python";
  const said = language.mark.replace(/[\s:]+$/, "");
  return `\`\`\`${name}\n${COMMENTS[name]} ${said}\n\`\`\``;
}
