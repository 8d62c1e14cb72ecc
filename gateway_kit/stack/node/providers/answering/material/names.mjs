// Plausible values for fields with usual names.

const row = (pattern, ...values) => ({ pattern: new RegExp(`^(?:${pattern})$`), values });

// The name in small letters, with spaces between its words. Lists of places have the same order.
const TEXTS = [
  row("first ?name|given ?name|forename", "Ada", "Ben", "Chen", "Dana", "Emil"),
  row("last ?name|family ?name|surname", "Berg", "Costa", "Li", "Novak", "Roth"),
  row("user ?name|login|handle|nick ?name", "ada_berg", "ben.costa", "chen_li", "dana.n", "emil"),
  row("(?:.* )?(?:full ?name|author|person|customer|attendee|participant|speaker|owner|sender|recipient|employee|student|director|actor|contact|assignee|manager)(?: name)?", "Ada Berg", "Ben Costa", "Chen Li", "Dana Novak", "Emil Roth"),
  row("(?:.* )?(?:city|town|location|place|destination|capital|origin|birth ?place)(?: name)?", "Oslo", "Lima", "Nairobi", "Kyoto", "Porto"),
  row("(?:.* )?(?:country|nation)(?: name)?", "Norway", "Peru", "Kenya", "Japan", "Portugal"),
  row("country code", "NO", "PE", "KE", "JP", "PT"),
  row("state|province|region|county", "North", "South", "West", "East", "Centre"),
  row("continent", "Europe", "South America", "Africa", "Asia", "Europe"),
  row("(?:.* )?(?:street|address|address line 1|line1)", "1 Sample Street", "22 Harbour Road", "7 Mill Lane", "40 Station Square", "3 Park Row"),
  row("(?:zip|postal|post)(?: ?code)?", "10115", "20095", "50667", "80331", "60311"),
  row("(?:phone|mobile|tel|telephone|fax)(?: ?number)?", "+1 555 0100", "+1 555 0101", "+1 555 0102", "+1 555 0103", "+1 555 0104"),
  row("e ?mail(?: address)?", "ada@example.com", "ben@example.com", "chen@example.com", "dana@example.com", "emil@example.com"),
  row("(?:.* )?(?:url|uri|link|website|homepage|image|avatar)", "https://example.com/1", "https://example.com/2", "https://example.com/3", "https://example.com/4", "https://example.com/5"),
  row("(?:.* )?(?:date|day|birthday|deadline|due)", "2026-03-14", "2026-05-02", "2026-07-21", "2026-09-08", "2026-11-30"),
  row("(?:.* )?(?:time|hour)", "09:30", "11:00", "13:15", "15:45", "17:20"),
  row("(?:.* )?(?:timestamp|created at|updated at|datetime)", "2026-03-14T09:30:00Z", "2026-05-02T11:00:00Z", "2026-07-21T13:15:00Z", "2026-09-08T15:45:00Z", "2026-11-30T17:20:00Z"),
  row("week ?day|day of (?:the )?week", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday"),
  row("month", "March", "May", "July", "September", "November"),
  row("currency(?: code)?", "EUR", "USD", "GBP", "JPY", "CHF"),
  row("colou?r(?: name)?", "blue", "green", "red", "yellow", "white"),
  row("gender|sex", "female", "male", "other"),
  row("language(?: code)?|lang|locale", "en", "de", "fr", "es", "pt"),
  row("status|state", "open", "done", "new", "closed", "active"),
  row("priority|severity|level|difficulty", "medium", "low", "high"),
  row("sentiment", "neutral", "positive", "negative"),
  row("unit|units", "celsius", "metric", "piece"),
  row("size", "medium", "small", "large"),
  row("version", "1.0.0", "1.1.0", "2.0.0"),
  row("genre", "drama", "comedy", "adventure", "mystery", "fantasy"),
  row("(?:.* )?(?:id|identifier|uuid|key|code|sku|reference)", "sim-001", "sim-002", "sim-003", "sim-004", "sim-005"),
];

const NUMBERS = [
  row("age", 34, 27, 45, 61, 19),
  row("(?:.* )?year", 2026, 2025, 2024, 2023, 2022),
  row("month", 3, 5, 7, 9, 11),
  row("hour|hours", 9, 11, 13, 15, 17),
  row("(?:.* )?(?:minutes?|duration|prep time|cook time|time)", 30, 45, 10, 20, 60),
  row("seconds?", 30, 10, 20, 45, 5),
  row("(?:.* )?(?:price|cost|amount|total|subtotal|salary|fee|balance)", 19.99, 5.5, 42, 12.25, 99),
  row("(?:.* )?(?:quantity|qty|count|servings|number of .*|stock)", 2, 4, 1, 3, 6),
  row("(?:.* )?(?:rating|stars)", 4, 5, 3, 4, 2),
  row("(?:.* )?(?:confidence|probability|score|similarity|relevance|ratio|likelihood)(?: score)?", 0.9, 0.8, 0.7, 0.6, 0.5),
  row("(?:.* )?(?:percent|percentage|progress)", 50, 75, 25, 80, 10),
  row("(?:.* )?(?:temperature|temp)(?: [cf]| celsius| fahrenheit)?", 18, 21, 9, 25, 14),
  row("humidity", 60, 55, 70, 40, 80),
  row("lat|latitude", 59.91, -12.05, -1.29, 35.01, 41.15),
  row("lon|lng|long|longitude", 10.75, -77.04, 36.82, 135.77, -8.61),
  row("population", 700000, 10000000, 4400000, 1450000, 230000),
  row("(?:.* )?(?:width|height|length|depth|size|distance|weight)", 10, 20, 15, 5, 8),
  row("limit|max results|top k|num results", 10, 5, 3, 20, 1),
];

/** A field's name in words: "firstName" and "first_name" are "first name". */
export const inWords = (name) => name.replace(/([\p{Ll}\d])(\p{Lu})/gu, "$1 $2").replace(/[^\p{L}\p{M}\p{N}]+/gu, " ").trim().toLowerCase();

/** Fields that count their place in a list. */
export const ORDERED = /(?:^|.* )(?:id|page|index|position|rank|step|order|day|step number|chapter|line|round)$/;

/** Fields for a number, whichever the prompt has. */
export const ANY_NUMBER = /^(?:[a-z]|num|number|numbers|value|input|integer|num(?:ber)? ?[12]|first number|second number)$/;

const find = (rows, words) => rows.find(({ pattern }) => pattern.test(words))?.values ?? [];

/** Plausible texts for a field, an empty list for an unknown name. */
export const usualTexts = (words) => find(TEXTS, words);

/** Plausible numbers for a field, an empty list for an unknown name. */
export const usualNumbers = (words) => find(NUMBERS, words);

/** Fields that hold whole sentences. */
export const PROSE = /(?:^| )(?:answer|response|reply|output|text|content|message|body|description|summary|explanation|reason|reasoning|rationale|comment|note|notes|analysis|thought|thoughts|thinking|instruction|instructions|details?|story|abstract|overview|feedback|review|conclusion|justification|definition|paragraph|sentence|caption|advice|tip|plot|bio|biography|poem|joke|setup|punchline|translation|question|quote|observation|evidence|context|introduction|prompt)$/;

/** Fields that hold the value which a question asks for. */
/** Fields for what a text is called. */
export const TITLE = /^(?:title|name|subject|topic|headline|event(?: name)?|(?:movie|book|product|item|film|song|course|project)(?: name| title)?)$/;
/** Fields for the text that the prompt quotes. */
export const SOURCE = /^(?:original|source|input|quote)(?: text| sentence)?$/;

export const RESULT = /^(?:(?:final |the |correct )?(?:answer|result|value|response|output|solution|reply|sum|total|product|difference|quotient)|text|content|message|number|capital(?: city)?)$/;

export const PERSON = /^(?:(?:.* )?(?:people|name|author|person|customer|attendee|participant|speaker|owner|sender|recipient|employee|student|contact|assignee|user|patient|candidate|client|guest|member|friend|character)s?(?: name)?)$/;
/** Whose entries in a list have a person's name. */
export const OF_PERSONS = /person|people|user|friend|employee|customer|author|student|member|participant|attendee|guest|contact|candidate|patient|character|actor|player|colleague|profile|child|parent|teacher|speaker/i;
/** Things that have names of their own, by the title of their schema. */
export const NO_PERSON = /event|meeting|product|item|company|organi[sz]ation|recipe|dish|movie|film|book|file|project|city|country|place|restaurant|team|tool|function|ingredient|animal|planet|language|step|task|category|tag|brand|hotel|game|song|album|course|document|calendar/i;
