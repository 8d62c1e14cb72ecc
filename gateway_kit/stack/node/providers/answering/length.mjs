// How long an answer should be: what the prompt asks for, or what is usual for the model's style.

const NUMBERS = {
  one: 1, two: 2, three: 3, four: 4, five: 5, six: 6, seven: 7, eight: 8, nine: 9, ten: 10, twelve: 12, fifteen: 15, twenty: 20, fifty: 50, "a hundred": 100, "one hundred": 100, "two hundred": 200, "five hundred": 500, single: 1,
  ein: 1, eine: 1, einem: 1, einen: 1, zwei: 2, drei: 3, vier: 4, fünf: 5, sechs: 6, sieben: 7, acht: 8, neun: 9, zehn: 10, zwanzig: 20, fünfzig: 50, hundert: 100,
  un: 1, une: 1, deux: 2, trois: 3, quatre: 4, cinq: 5, sept: 7, huit: 8, neuf: 9, dix: 10, vingt: 20, cinquante: 50, cent: 100,
  una: 1, uno: 1, dos: 2, tres: 3, cuatro: 4, cinco: 5, seis: 6, siete: 7, ocho: 8, nueve: 9, diez: 10, veinte: 20, cincuenta: 50, cien: 100,
  um: 1, uma: 1, dois: 2, duas: 2, três: 3, quatro: 4, sete: 7, oito: 8, nove: 9, dez: 10, vinte: 20, cem: 100,
  due: 2, tre: 3, quattro: 4, cinque: 5, sei: 6, sette: 7, otto: 8, dieci: 10, venti: 20, cento: 100,
  één: 1, een: 1, twee: 2, drie: 3, vijf: 5, zes: 6, zeven: 7, tien: 10, honderd: 100,
  одно: 1, одном: 1, одним: 1, одну: 1, два: 2, две: 2, двух: 2, три: 3, трёх: 3, трех: 3, четыре: 4, пять: 5, пяти: 5, десять: 10, сто: 100,
  واحدة: 1, ثلاث: 3, ثلاثة: 3, أربع: 4, خمس: 5, خمسة: 5, عشر: 10, एक: 1, दो: 2, तीन: 3, चार: 4, पाँच: 5, पांच: 5, दस: 10,
  한: 1, 두: 2, 세: 3, 네: 4, 다섯: 5, 열: 10, 一: 1, 二: 2, 两: 2, 三: 3, 四: 4, 五: 5, 六: 6, 七: 7, 八: 8, 九: 9, 十: 10, 二十: 20, 五十: 50, 一百: 100, 百: 100,
};
const UNITS = {
  words: "words?|wort|wörter|wörtern|worten|mots?|palabras?|palavras?|parol[ae]|woord(?:en)?|слов(?:о|а|ами|ах)?|كلمة|كلمات|शब्द(?:ों)?|단어|単語|个词",
  sentences: "sentences?|satz|sätzen?|phrases?|oraci(?:ón|ones)|frases?|fras[ei]|zin(?:nen)?|предложени(?:е|я|й|и|ем|ях)|جملة|جمل|वाक्य(?:ों)?|문장|文(?!字)|句话|句",
  paragraphs: "paragraphs?|absatz|absätzen?|paragraphes?|párrafos?|parágrafos?|paragraf[oi]|alinea(?:'s)?|абзац(?:а|ев|ах|е)?|فقرة|فقرات|अनुच्छेद(?:ों)?|पैराग्राफ|문단|단락|段落|段",
  points: "bullet[ -]?points?|bullets?|(?:key |main |short )?points?|items|lines|stichpunkten?|punkten?|puces|puntos|viñetas|pontos|tópicos|punt[oi]|punten|пункт(?:а|ов|ами|ах)?|نقاط|نقطة|बिंदु(?:ओं)?|가지|항목|項目|箇条|点|条",
  characters: "characters?|chars|letters|zeichen|caractères|caracteres|caratteri|tekens|символ(?:а|ов|ами)?|знак(?:а|ов)?|حرف(?:ا)?|अक्षर(?:ों)?|글자|자|文字|字",
};
const LEAST = "at least|minimum(?: of)?|no less than|more than|over|mindestens|wenigstens|über|au moins|plus de|al menos|más de|pelo menos|mais de|almeno|più di|minstens|meer dan|не менее|минимум|более|على الأقل|कम से कम|至少|超过|最少|최소|少なくとも";
const MOST = "at most|no more than|not more than|up to|under|less than|fewer than|within|below|max(?:imum)?(?: of)?|höchstens|maximal|unter|weniger als|bis zu|au plus|moins de|como máximo|menos de|no máximo|até|al massimo|meno di|hoogstens|maximaal|minder dan|не более|максимум|до|أقل من|لا يزيد عن|अधिकतम|最多|不超过|최대";
const LEAST_AFTER = "以上|이상|या अधिक|or more|oder mehr|ou plus|o más|minimum|mindestens";
const MOST_AFTER = "以内|以下|之内|이내|이하|or less|or fewer|oder weniger|ou moins|o menos|maximum|max|से कम";

const unit = Object.entries(UNITS).map(([name, words]) => `(?<${name}>${words})`).join("|");
const number = `\\d{1,3}(?:[,.]\\d{3})+|\\d{1,7}|${Object.keys(NUMBERS).sort((a, b) => b.length - a.length).join("|")}`;
const WISH = new RegExp(
  `(?:(?<![\\p{L}])(?:(?:in|with|using|of|as|into|mit|aus|auf|en|avec|em|com|con|met|на|в|из|في|用|以)\\s*)?(?:(?:just|only|about|around|exactly|roughly|genau|etwa|environ|unos|cerca de|circa|ongeveer|около|大约|约)\\s*)?)?`
  + `(?:(?<least>${LEAST})\\s*)?(?:(?<most>${MOST})\\s*)?(?<![\\p{Script=Latin}\\p{Script=Cyrillic}\\p{Script=Arabic}\\p{Script=Devanagari}\\d])(?<number>${number})(?:(?:\\s(?:or|to|oder|bis|ou|à|o|of|tot|или)\\s|\\s?[-–~到至]\\s?)(?<to>${number}))?[\\s-]*`
  + `(?:(?:short|brief|full|complete|simple|clear|kurzen?|courtes?|cortas?|curtas?|brevi|korte|коротк\\S+|つの|個の|つ|개의|개|句|个)\\s*)?(?:${unit})(?![\\p{Script=Latin}\\p{Script=Cyrillic}])(?:\\s?(?<least2>${LEAST_AFTER}))?(?:\\s?(?<most2>${MOST_AFTER}))?`, "iu",
);
const LISTED = new RegExp(`(?<![\\p{L}])(?:list|name|give(?: me| us)?|suggest|provide|write down|what are|tell me|nenne?(?: mir)?|gib mir|liste|donne[rz]?(?:-moi)?|cite[rz]?|dame|enumera|nombra|dê(?:-me)?|liste|dammi|elenca|geef(?: me)?|noem|назови(?:те)?|列出|给我)\\s*(?:the )?(?:top )?(?<number>\\d{1,3}|${Object.keys(NUMBERS).filter((word) => word.length > 2 || !/^[a-z]+$/.test(word)).sort((a, b) => b.length - a.length).join("|")})(?=[\\s个条种])`, "iu");
const ONE_WORD = /\b(?:one|a single) word\b|\beinem wort\b|\bun(?:e seule?)? mot\b|\buna (?:sola )?palabra\b|\buma (?:única |só )?palavra\b|\buna (?:sola )?parola\b|\bone-word\b/i;
const YES_NO = /\byes or no\b|\byes\/no\b|\bja oder nein\b|\boui ou non\b|\bsí o no\b|\bsim ou não\b|\bsì o no\b|\bja of nee\b|да или нет|是或否|はいかいいえ/i;
const BRIEF = /\b(?:briefly|brief|short|shortly|concise(?:ly)?|tl;?dr|succinct(?:ly)?|kurz(?:e|er)?|knapp|bref|brièvement|court|breve(?:mente)?|corto|resumidamente|curto|kort)\b|кратко|коротко|باختصار|संक्षेप|簡単に|簡潔に|短く|简单|简短|简要|간단히|짧게/i;
const LONG = /\b(?:long|lengthy|detailed|in[ -]depth|in detail|thorough(?:ly)?|comprehensive|extensive|essay|article|story|report|ausführlich(?:e|en)?|lange?|detailliert|aufsatz|geschichte|long(?:ue)?|détaillée?|essai|histoire|larg[oa]|detallad[oa]|ensayo|historia|detalhad[oa]|história|redação|lung[oa]|dettagliat[oa]|storia|saggio|uitgebreid|lang verhaal|verhaal)\b|подробно|длинн|рассказ|история|эссе|بالتفصيل|قصة|مقال|विस्तार|कहानी|निबंध|詳しく|長い|物語|详细|长篇|故事|文章|자세히|긴|이야기/i;
const LONGER = /\b(?:very long|long (?:and detailed )?(?:story|essay|article|report)|lange geschichte|longue histoire|historia larga|história longa)\b/i;
const USUAL = { brief: 28, crisp: 34, bulleted: 45, plain: 60, formal: 65, measured: 55, marked: 70, warm: 80, friendly: 75, chatty: 80, teacher: 95 };
const MOST_WORDS = 4_000;

/**
 * What the prompt asks for: `{ unit, count, least, most, said }` with unit words, sentences, paragraphs, points or
 * characters, or yes; `said` is the part of the prompt that says so. Without a wish, words as usual for the style, fewer
 * or more by the request's `verbosity`.
 */
export function wishOf(prompt, instructions, style, verbosity = "medium") {
  return stated(prompt) ?? described(prompt) ?? (instructions === "" ? undefined : stated(instructions) ?? described(instructions)) ?? usual(style, VERBOSITY[verbosity]);
}

const VERBOSITY = { low: 0.4, medium: 1, high: 2 };
const usual = (style, factor) => (style === "bulleted"
  ? { unit: "points", count: Math.ceil(3 * factor), said: "" } : { unit: "words", count: Math.round((USUAL[style] ?? 60) * factor), said: "" });

function stated(text) {
  if (YES_NO.test(text)) return { unit: "yes", count: 1, said: YES_NO.exec(text)[0] };
  if (ONE_WORD.test(text)) return { unit: "words", count: 1, said: ONE_WORD.exec(text)[0] };
  const match = WISH.exec(text);
  if (match) {
    const { groups } = match;
    const name = Object.keys(UNITS).find((key) => groups[key] !== undefined);
    const count = numberOf(groups.to ?? groups.number);
    if (count > 0) return { unit: name, count: Math.min(count, name === "characters" ? 6 * MOST_WORDS : MOST_WORDS), least: Boolean(groups.least ?? groups.least2), most: Boolean(groups.most ?? groups.most2 ?? groups.to), said: match[0] };
  }
  const listed = LISTED.exec(text);
  if (listed) {
    const count = numberOf(listed.groups.number);
    // "Give me a …" is no list.
    if (count > 1 && count <= 200) return { unit: "points", count, numbered: true, said: "" };
  }
  return undefined;
}

function described(text) {
  if (LONGER.test(text)) return { unit: "words", count: 500, said: "" };
  if (BRIEF.test(text)) return { unit: "sentences", count: 2, said: BRIEF.exec(text)[0] };
  if (LONG.test(text)) return { unit: "words", count: 250, said: "" };
  if (/\b(?:bullet(?:ed)?(?: points?| list)?|stichpunkte|puces|viñetas|tópicos|elenco puntato|opsomming)\b|箇条書き|要点列表/i.test(text)) return { unit: "points", count: 4, said: "" };
  return undefined;
}

const numberOf = (text) => (/^\d/.test(text) ? Number(text.replace(/[,.]/g, "")) : NUMBERS[text.toLowerCase()] ?? 0);
