// The bank: prompts that lessons use, with fact-checked answers.
//
// `short` is one self-contained sentence; `full` gives more detail; `also` adds one further point.
// Each model's style (styles.mjs) words its answer from these. If the form of the answer matters
// (one sentence, a haiku, JSON), `exact` lists complete texts and each style picks one of them.

export const ANSWERS = [
  {
    prompts: ["What is an LLM gateway?", "What is a gateway for language models?", "Explain what an LLM gateway is"],
    short: "An LLM gateway is one entry point between your applications and many language-model providers.",
    full: "An LLM gateway is a service that stands between applications and language-model providers: applications call one API, and the gateway routes each request, checks keys and budgets, caches answers and records cost.",
    also: "Changing the model becomes a change of one word, and the providers' keys never leave the gateway.",
  },
  {
    prompts: ["What does an LLM gateway do? Answer in one sentence.", "Summarise what a gateway does in one sentence"],
    exact: [
      "A gateway gives many applications one guarded, measured way to reach many language models.",
      "It routes each request to a model, and keeps keys, limits, caching and cost in one place.",
      "A gateway takes one API call and turns it into the right call to the right provider, with retries and a bill.",
    ],
  },
  {
    prompts: ["List three uses of an LLM gateway", "Name three uses of an LLM gateway", "Give three uses of an LLM gateway"],
    exact: [
      "1. One API for many providers.\n2. Keys, budgets and rate limits for each team.\n3. Retries and fallbacks when a provider fails.",
      "1. Caching: an answer that was paid for once is served again.\n2. Observability: tokens, latency and cost of every call.\n3. Routing: each request goes to the deployment that suits it.",
      "- **Control**: virtual keys with budgets and limits\n- **Reliability**: retries, fallbacks and cooldowns\n- **Savings**: cached answers and cheaper models for simple prompts",
    ],
  },
  {
    prompts: ["Explain retries in one sentence", "What are retries? Answer in one sentence."],
    exact: [
      "A retry repeats a failed request after a short pause, because many failures pass by themselves.",
      "Retries send the same request again when a failure looks temporary, waiting a little longer each time.",
      "With retries, a brief error at a provider becomes a small delay instead of a failed request.",
    ],
  },
  {
    prompts: ["What is a fallback?", "What is a fallback in an LLM gateway?", "Explain fallbacks"],
    short: "A fallback is a second model that answers when the first one cannot.",
    full: "A fallback is a model, or a list of models, that the gateway tries when the requested one fails after its retries, so that the caller still receives an answer.",
    also: "It may cost more or answer differently, so record which model really answered.",
  },
  {
    prompts: ["What is a cooldown?", "What is a cooldown in a router?"],
    short: "A cooldown takes a failing deployment out of rotation for a while.",
    full: "A cooldown takes a deployment that keeps failing out of rotation for a number of seconds, so that requests go to healthy deployments while it recovers.",
    also: "After the pause the router tries it again.",
  },
  {
    prompts: ["What is load balancing?", "What is load balancing in an LLM gateway?", "Explain load balancing"],
    short: "Load balancing spreads requests over several deployments of the same model.",
    full: "Load balancing spreads requests over several deployments that share one name, by chance, by weight, by latency or by current load, so that no single one is overwhelmed.",
    also: "It also raises the total rate limit, since every deployment brings its own.",
  },
  {
    prompts: ["What is a virtual key?", "What is a virtual key in an LLM gateway?", "Explain virtual keys"],
    short: "A virtual key is a key that the gateway issues in place of the providers' own keys.",
    full: "A virtual key is a key that the gateway itself issues: it can carry a budget, rate limits, allowed models and an owner, and it can be revoked without touching the provider's key.",
    also: "That is how a team can be given access without being given a secret that costs money elsewhere.",
  },
  {
    prompts: ["Why set a budget on a virtual key?", "What is a budget on a key for?"],
    short: "A budget stops a key before it spends more than was planned.",
    full: "A budget caps what a key may spend in a period: once the recorded cost reaches it, the gateway refuses further requests until the budget resets or is raised.",
    also: "A mistake in a loop then costs the budget and not the month.",
  },
  {
    prompts: ["What is a rate limit?", "Explain rate limits", "What is a rate limit in an LLM gateway?"],
    short: "A rate limit caps how many requests or tokens are allowed per minute.",
    full: "A rate limit caps how many requests or tokens a key may use per minute; a request beyond it is answered with status 429 and a hint when to try again.",
    also: "Providers have such limits too, which is why a gateway spreads and retries requests.",
  },
  {
    prompts: ["What is semantic caching?", "Explain semantic caching", "What is a semantic cache?"],
    short: "Semantic caching reuses an answer when a new prompt means nearly the same as an earlier one.",
    full: "Semantic caching turns each prompt into a vector and reuses a stored answer when the similarity to an earlier prompt exceeds a threshold, even if the words differ.",
    also: "The threshold decides between missed savings and wrong answers, so it has to be measured.",
  },
  {
    prompts: ["What is the difference between exact and semantic caching?", "How do exact and semantic caching differ?"],
    short: "Exact caching needs the same request again; semantic caching needs only a similar meaning.",
    full: "Exact caching reuses an answer only when the whole request is identical; semantic caching compares vectors of the prompts and also hits on a rewording, at the risk of a false hit.",
    also: "Exact hits are always safe, semantic hits are a judgement.",
  },
  {
    prompts: ["What is a cache hit?", "Explain what a cache hit is"],
    short: "A cache hit is a request that is answered from the cache, without calling the model.",
    full: "A cache hit is a request whose answer is already stored: the gateway returns it in milliseconds, and no provider is called or paid.",
    also: "The hit rate says how much of the traffic the cache carries.",
  },
  {
    prompts: ["What is a token?", "What is a token in a language model?", "What are tokens?"],
    short: "A token is a piece of text, often a word or a part of one, that a model reads and writes.",
    full: "A token is the unit in which a language model reads and writes text: a common word is one token, a rare word several. Providers count, limit and bill in tokens.",
    also: "In English, 100 tokens are about 75 words.",
  },
  {
    prompts: ["What is time to first token?", "What does TTFT mean?", "Explain time to first token"],
    short: "Time to first token is the wait from sending a request to the first piece of the answer.",
    full: "Time to first token, TTFT, is the time from sending a request until the first piece of a streamed answer arrives; it decides how fast a chat feels.",
    also: "The time for the rest depends on the tokens per second.",
  },
  {
    prompts: ["What is a context window?", "Explain the context window"],
    short: "The context window is the most text, in tokens, that a model can take at once.",
    full: "The context window is the number of tokens that a model can consider at once, the prompt and the answer together; a longer prompt is refused with an error.",
    also: "A gateway can send such a request to a model with a larger window.",
  },
  {
    prompts: ["What is tracing?", "What is tracing in an LLM application?", "What is observability?"],
    short: "Tracing records every step of a request, so that you can see what happened and what it cost.",
    full: "Tracing records each step of a request with its inputs, outputs, times, tokens and cost, and joins the steps into one trace that can be read afterwards.",
    also: "Without it, a slow or wrong answer can only be guessed at.",
  },
  {
    prompts: ["What is an embedding?", "Explain embeddings"],
    short: "An embedding is a list of numbers that stands for the meaning of a text.",
    full: "An embedding is a vector that a model computes for a text, such that texts with similar meaning lie close together; search and semantic caching compare these vectors.",
    also: "Vectors of different models cannot be compared.",
  },
  {
    prompts: ["What is Redis?"],
    short: "Redis is a fast data store that keeps its data in memory.",
    full: "Redis is a data store that keeps its data in memory, which makes it fast enough for caches, counters, rate limits and vector search.",
    also: "A gateway uses it to share state between its replicas.",
  },
  {
    prompts: ["How do I reset my password?", "I forgot my password, what should I do?"],
    short: "Choose \"Forgot password\" on the sign-in page and follow the link that is sent to you.",
    full: "Open the sign-in page, choose \"Forgot password\", enter your e-mail address, and set a new password with the link that is sent to you.",
    also: "The link expires after a while, so use it soon.",
  },
  {
    prompts: ["Who wrote Romeo and Juliet?", "Who is the author of Romeo and Juliet?"],
    short: "William Shakespeare wrote Romeo and Juliet.",
    full: "Romeo and Juliet was written by William Shakespeare, about 1595.",
    also: "It is set in Verona.",
  },
  {
    prompts: ["What is the largest planet in the solar system?", "Which planet is the largest?"],
    short: "Jupiter is the largest planet in the solar system.",
    full: "Jupiter is the largest planet in the solar system; its mass is more than twice that of all the other planets together.",
    also: "It has a diameter of about 140,000 km.",
  },
  {
    prompts: ["How many days are there in a leap year?", "How many days does a leap year have?"],
    short: "A leap year has 366 days.",
    full: "A leap year has 366 days: February has 29 instead of 28.",
    also: "That happens in most years that are divisible by four.",
  },
  {
    prompts: ["At what temperature does water boil?", "What is the boiling point of water?", "What is the boiling point of water at sea level?"],
    short: "Water boils at 100 degrees Celsius at sea level.",
    full: "At sea level water boils at 100 degrees Celsius, which is 212 degrees Fahrenheit.",
    also: "Higher up it boils at a lower temperature.",
  },
  {
    prompts: ["A train travels 120 km in 1.5 hours. What is its average speed?"],
    short: "Its average speed is 80 km/h.",
    full: "Average speed is distance divided by time: 120 km / 1.5 h = 80 km/h.",
    also: "In half an hour it covers 40 km.",
  },
  {
    prompts: ["Write a haiku about the sea", "Write a haiku about the ocean", "A haiku about the sea"],
    exact: [
      "Grey waves reach the shore,\nlay down their silver stories,\nand go back for more.",
      "Salt wind, open sky:\nthe tide writes on the wet sand\nand wipes the page dry.",
      "Moonlight on the swell,\nthe deep keeps its quiet songs\ninside every shell.",
    ],
  },
  {
    prompts: ["Translate 'Good morning' into French", "Translate 'Good morning' to French", "How do you say 'Good morning' in French?"],
    exact: ["Bonjour.", "\"Good morning\" is \"Bonjour\" in French.", "**Bonjour**"],
  },
  {
    prompts: ["Translate 'Where is the train station?' into Spanish", "Translate 'Where is the train station?' to Spanish"],
    exact: ["¿Dónde está la estación de tren?", "In Spanish: ¿Dónde está la estación de tren?", "**¿Dónde está la estación de tren?**"],
  },
  {
    prompts: ["Translate 'Thank you very much' into German", "Translate 'Thank you very much' to German"],
    exact: ["Vielen Dank.", "\"Thank you very much\" is \"Vielen Dank\" in German.", "**Vielen Dank**"],
  },
  {
    prompts: [
      "Give me a JSON object with the keys city, country and population for Paris",
      "Return a JSON object with the keys city, country and population for Paris",
    ],
    json: { city: "Paris", country: "France", population: 2_100_000 },
  },
  {
    prompts: ["Classify the sentiment of this review as positive or negative: 'I love this product!'", "Is this review positive or negative: 'I love this product!'"],
    exact: ["positive", "Positive.", "**positive**"],
  },
  {
    prompts: ["Write a Python function that adds two numbers"],
    exact: [
      "```python\ndef add(a: float, b: float) -> float:\n    return a + b\n```",
      "Here it is:\n\n```python\ndef add(a, b):\n    \"\"\"The sum of a and b.\"\"\"\n    return a + b\n```",
    ],
  },
  {
    prompts: ["Hello", "Hello!", "Hi", "Say hello", "Say hello in one short sentence"],
    exact: ["Hello! How can I help you today?", "Hello there, it is good to hear from you. What would you like to do?", "Hi! Ask me anything."],
  },
  {
    prompts: ["Hey, how's it going?", "Hey how's it going?", "How are you?", "test", "This is a test", "test from litellm"],
    exact: ["All is well here.", "I am well, thank you. How can I help?", "All good, and ready!"],
  },
  { prompts: ["ping", "Reply with the single word pong", "Say pong"], exact: ["pong"] },
  {
    prompts: ["Write a long story about a lighthouse keeper", "Tell me a long story about a lighthouse keeper", "Tell me a story about a lighthouse keeper"],
    exact: [
      "Every evening at six, Marta climbed the one hundred and twelve steps of the lighthouse and lit the lamp. " +
      "She had done so for thirty years, and her mother before her. The ships never answered, but she knew them by their lights: the slow grain carriers, the ferries in a hurry, the fishing boats that came home late. " +
      "One night in November the fog was so thick that even the beam seemed to end at the railing. Marta heard an engine where no engine should be, close to the rocks. She rang the old bell by hand, three strokes and a pause, three strokes and a pause, until her arms ached. " +
      "The engine slowed, turned, and faded out to sea. In the morning a small boat lay in the harbour with a torn sail and four tired people on its deck. They had heard the bell, they said, and thought that somebody must be waiting for them. " +
      "Marta made tea. That evening she climbed the steps again, a little more slowly, and for the first time in thirty years a ship out on the water answered her light with its own: one flash, two flashes, and then the dark, friendly and wide.",
      "Old Jon kept the light on Gull Rock, where the mail came twice a month if the sea allowed. He kept a log as well, in small careful letters: wind, weather, ships, and a line about the soup. " +
      "The log said that nothing ever happened, and Jon liked it so. Then a spring storm broke the great lens, and for the first time the rock was dark. He thought of the Anna, due that night with sixty people. " +
      "He carried every mirror of the house up the stairs, the shaving mirror and the hall mirror and the little silver one that had been his wife's, and set them round a row of oil lamps. All night he turned them by hand, fifteen seconds a turn, as the chart promised. " +
      "At four in the morning the Anna passed to the south, well clear of the reef, and blew her horn once. Jon wrote it down. Wind north-west, nine. Lens broken. One ship passed, all well. The soup was cold, he added, and slept until noon.",
    ],
  },
];
