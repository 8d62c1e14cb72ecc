// Sentences for made-up answers in German.

export default {
  code: "de",
  names: ["german", "deutsch"],
  words: "der die das und ist sind was wie warum wer wo wann welche welcher nicht ein eine einen zu im mit für auf von den dem ich du sie mir bitte kannst erkläre schreibe schreib nenne gib über wird auch oder",
  greeting: /^(hallo|guten (tag|morgen|abend)|moin|servus|grüß)/,
  quotes: ["„", "“"],
  mark: "Simulierte Antwort:",
  hello: ["hallo! Was möchten Sie fragen?", "guten Tag. Wie kann ich helfen?", "hallo, worum geht es?"],
  simulated: "simuliert:",
  nothing: "diese Anfrage",
  opening: [
    "hier würde ein echtes Modell über {s} schreiben.",
    "die Frage betraf {s}, und dieser Text steht für eine echte Antwort.",
    "ein echtes Modell würde jetzt auf {s} eingehen.",
    "dieser Text vertritt das, was ein Modell zu {s} sagen würde.",
  ],
  leads: ["Am Anfang stünde", "Danach käme", "Ein eigener Absatz wäre", "Dann folgte", "Auch dabei wäre", "Zu einer guten Antwort gehörte", "Etwas Platz bekäme", "Außerdem gäbe es"],
  contents: ["die Bedeutung von {s}", "die Hauptsache in einfachen Worten", "ein Beispiel aus dem Alltag", "die Frage, warum {s} wichtig ist", "die Reihe der Schritte", "die Ähnlichkeit mit etwas Bekanntem", "die häufigste Frage zu {s}", "die Grenze dessen, was sich sagen lässt", "die Zusammenfassung zu {s}"],
  fillers: [
    "Hier wurde nichts nachgeschlagen, also entnehmen Sie dem Text bitte keine Fakten.",
    "Der Simulator hat diese Worte aus Vorlagen gewählt.",
    "Die Länge passt zu dem, was verlangt war.",
    "Dieselbe Anfrage bringt wieder dieselben Worte.",
    "Ein anderes Modell würde es anders sagen.",
    "Messen lassen sich hier die Geschwindigkeit und die Zahl der Token.",
    "Eine echte Antwort gibt nur ein echtes Modell.",
    "Jeder Satz füllt nur den Platz eines echten Satzes.",
    "Für diese Anfrage lässt sich eine eigene Antwort hinterlegen.",
  ],
  closing: ["Damit endet die simulierte Antwort.", "Eine echte Antwort würde hier kurz zusammenfassen.", "Zum Vergleich fragen Sie ein anderes Modell."],
  thinking: ["Simulierte Überlegung: Die Anfrage handelt von {s}.", "Zuerst lese ich sie noch einmal und suche, was verlangt ist.", "Dann wähle ich, wie lang die Antwort sein soll.", "Ein echtes Modell würde hier mehrere Wege abwägen.", "Jetzt schreibe ich die Antwort."],
};
