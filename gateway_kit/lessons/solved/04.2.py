import re

UNITS = {"kilometres", "miles", "yards", "feet", "litres", "gallons", "grams", "ounces", "celsius", "fahrenheit"}
UNITS |= {"usd", "eur", "chf", "euros", "francs", "yen", "rupees"}


def my_guard(question):
    units = [word for word in re.findall("[a-z]+", question.lower()) if word in UNITS]
    return "-".join([lab.cache.guard(question), *units])
