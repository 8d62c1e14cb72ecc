// Sentences for made-up answers in English. {s} stands for the subject, in quotes.

export default {
  code: "en",
  names: ["english"],
  words: "the is are what how why who where when which and of to in for with that this it you your my me can do does please i a an about from was be or not explain write tell give",
  greeting: /^(hi|hello|hey|good (morning|evening|afternoon))\b/,
  quotes: ["“", "”"],
  mark: "Simulated answer:",
  hello: ["hello! What would you like to ask?", "hello. How can I help?", "hi there, what can I do for you?"],
  simulated: "simulated",
  nothing: "this request",
  opening: [
    "this is where a real model would write about {s}.",
    "your question was about {s}, and this text takes the place of a real reply.",
    "a real model would now reply to {s}.",
    "this text stands in for what a model would say about {s}.",
  ],
  leads: ["It would begin with", "After that would come", "A paragraph would follow on", "Then it would describe", "It might also mention", "A good answer would include", "Some space would go to", "It would also touch on"],
  contents: ["the meaning of {s}", "the main idea in plain words", "an example from everyday life", "the reasons why {s} matters", "the steps, one after the other", "a comparison with something familiar", "what people often ask about {s}", "the limits of what can be said", "a short summary of {s}"],
  fillers: [
    "Nothing here was looked up, so please take no facts from it.",
    "The simulator chose these words from templates.",
    "The length fits what the prompt asked for.",
    "The same prompt brings the same words again.",
    "Another model would phrase this in another way.",
    "The speed and the number of tokens are what you can measure here.",
    "For a real reply, send the prompt to a real model.",
    "Each sentence only fills the place of a real one.",
    "An answer of your own can be added for this prompt.",
  ],
  closing: ["That is the end of the simulated answer.", "A real answer would close with a short summary.", "Ask again with another model to compare."],
  thinking: ["Simulated reasoning: the prompt asks about {s}.", "First I read it once more and look for what is wanted.", "Then I choose how long the answer should be.", "A real model would weigh several ways to reply here.", "Now I write the answer."],
};
