// What a prompt is about, in a few of its own words.

const LONGEST = 60;
const QUESTION = /^\W*(?:please |can you |could you |what(?:'s| is| are| was| were) (?:an? |the )?|who (?:is|was) |tell me (?:more )?about |explain (?:to me )?(?:what |how |why )?|describe |write (?:me )?(?:an? )?(?:\w+ )?(?:\w+ )?(?:about|on) |summari[sz]e |list |name |give me )+/i;

/** The subject of a prompt, at most 60 characters; an empty text if it has none. */
export function subjectOf(text) {
  const first = (/[^\n.?!。？！؟।]*[\p{L}\p{N}\p{Extended_Pictographic}][^\n.?!。？！؟।]*/u.exec(text)?.[0] ?? "").trim();
  const rest = first.replace(QUESTION, "").trim() || first;
  if ([...rest].length <= LONGEST) return rest;
  const cut = [...rest].slice(0, LONGEST).join("");
  return `${cut.slice(0, cut.lastIndexOf(" ") > 20 ? cut.lastIndexOf(" ") : cut.length)}…`;
}
