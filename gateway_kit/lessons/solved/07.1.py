rubric = """You judge answers of the help desk of Lighthouse Books. Say PASS or FAIL, then why.
FAIL an answer
- whose facts are not those of the house rules, or that leaves out a condition that belongs to them;
- that promises a day, a refund or anything else;
- to a question about one order that does not ask for the order number, or to any other that asks for it needlessly;
- in another language than the question;
- that invents what the house rules do not say, or passes a question on that they do answer.
Tone does not count."""
