"""Texts in place of texts: as many words, of the same lengths, with the same repetitions, and nothing of the original.

Each word stands for another one, always for the same: equal texts stay equal, texts with the same beginning keep the
same beginning, and a tool's name is the same wherever it is mentioned. Which one is drawn with a secret that is not
kept, so that a word cannot be found again by trying. Blanks and punctuation stay.

- a common English word becomes another one of the same length;
- any other word in Latin letters becomes two or more common ones of the same length together, or other letters;
- words of other scripts become other letters of their script;
- digits become other digits.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import random
import re
import secrets
import unicodedata

from gateway_kit.rehearsal.traffic.masking.words import BY_LENGTH, LONGEST, SHORTEST_PART

_LATIN = "A-Za-z\u00aa\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff"
_RUN = re.compile(rf"(?P<latin>[{_LATIN}]+)|(?P<digits>\d+)|(?P<other>[^\W\d_{_LATIN}]+)")
# Vowels become vowels, which keeps words pronounceable, and their number of tokens low.
_ALPHABETS = (
    "aeiou", "bcdfghjklmnpqrstvwxyz", "аеиоуыэюя", "бвгджзйклмнпрстфхцчшщ", "αεηιουω", "βγδζθκλμνξπρστφχψ",
)  # fmt: skip
# Scripts without blanks between words: what a character becomes depends on the one before it alone, so that
# repetitions stay visible as they do in other scripts.
_UNSPACED = (
    (0x3041, 0x3096),
    (0x30A1, 0x30FA),
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xAC00, 0xD7A3),
    (0x0E01, 0x0E2E),
)
# Of these a model's vocabulary has whole words, of the others of their block only pieces.
_COMMON_HAN = (
    "的一是不了在人有我他这中大来上个国到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可她里后小么心多天而能好都然没日于起还发成事只作当想看文无开手"
    "用主行方又如前所本见经头面公同三已老从动两长知民样现分将外但身些与高意进把法此实回二理美点月明其种声全工己话儿者向情部正名定女问力机给等几很业最间新什打便位因重被走电四"
)
_CACHED_WORDS = 200_000
_DATA = re.compile(r"(data:[a-z]+/[\w.+-]+;base64,)?([A-Za-z0-9+/_-]{200,}={0,2})", re.ASCII)


class TextMask:
    """Masks texts, always the same in the same way; one for each file, as long as its secret is not given."""

    def __init__(self, secret: bytes | None = None) -> None:
        self._secret = secret or secrets.token_bytes(32)
        chance = random.Random(self._digest("words", "", 32))  # noqa: S311 - seeded with the secret
        self._words: dict[str, str] = {}
        for words in BY_LENGTH.values():
            # Each word stands for the next one in an order of its own, so never for itself.
            order = chance.sample(words, len(words))
            self._words |= dict(zip(order, [*order[1:], order[0]], strict=True))
        self._word = functools.lru_cache(_CACHED_WORDS)(self._latin)

    def text(self, text: str) -> str:
        """The text that stands for a text."""
        return _RUN.sub(self._replaced, text)

    def data(self, text: str) -> str | None:
        """For a file in Base64, alone or as a data URL, other data of the same length; None if the text is none."""
        found = _DATA.fullmatch(text)
        if found is None:
            return None
        size = len(found[2])
        noise = hashlib.shake_128(self._secret + found[2].encode()).digest(size * 3 // 4 + 3)
        return (found[1] or "") + base64.b64encode(noise)[:size].decode()

    def pseudonym(self, kind: str, name: str) -> str:
        """A name for a key, a team, a user or a tag, by which nobody is known."""
        return f"{kind}-{self._digest(kind, name, 5).hex()}"

    def number(self, value: float) -> float:
        """A number with other digits, as many; 0 and 1 stay."""
        text = repr(value)
        if value in (0, 1) or "e" in text or "n" in text:
            return value
        masked = "".join(
            self._digits(part) if part.isdecimal() else part for part in re.split(r"(\d+)", text)
        )
        return type(value)(masked)

    def token(self, value: int) -> int:
        """The number of another token, for texts that are sent as numbers of tokens."""
        return int.from_bytes(self._digest("token", str(value), 4), "big") % 100_000

    def _replaced(self, found: re.Match[str]) -> str:
        run = found[0]
        if found.lastgroup == "latin":
            return self._word(run)
        if found.lastgroup == "digits":
            return self._digits(run)
        return self._other(run)

    def _latin(self, word: str) -> str:
        lower = word.lower()
        if len(lower) != len(word):
            lower = word
        masked = self._words.get(lower) or self._rare(lower)
        if word.islower():
            return masked
        return "".join(_upper(new) if old.isupper() else new for old, new in zip(word, masked, strict=True))

    def _rare(self, word: str) -> str:
        if len(word) < 2 * SHORTEST_PART:
            return self._shifted(word, len(word))
        parts, left = [], len(word)
        place, own = 0, self._digest("parts", word, 32).hex()
        while left:
            drawn = int.from_bytes(self._digest(f"part {place}", own, 8), "big")
            size = left
            if left > LONGEST or place == 0:
                least, most = SHORTEST_PART, min(LONGEST, left - SHORTEST_PART)
                size = least + drawn % (most - least + 1)
            parts.append(BY_LENGTH[size][(drawn >> 16) % len(BY_LENGTH[size])])
            left -= size
            place += 1
        return "".join(parts)

    def _digits(self, run: str) -> str:
        masked = []
        before = self._begun("digit")
        for place, digit in enumerate(run):
            drawn = int.from_bytes(before.digest(), "big")
            before.update(digit.encode())
            value = unicodedata.decimal(digit)
            # A number keeps its length, so its first digit is 0 if and only if it was.
            first = value and 1 + (value + drawn % 8) % 9
            new = (value + 1 + drawn % 9) % 10 if place else first
            masked.append(chr(ord(digit) - value + new))
        return "".join(masked)

    def _other(self, run: str) -> str:
        unspaced = any(first <= ord(run[0]) <= last for first, last in _UNSPACED)
        return self._shifted(run, 1 if unspaced else len(run))

    def _shifted(self, run: str, reach: int) -> str:
        """Each letter moved on in its alphabet, by a number that depends on so many letters before it."""
        masked = []
        before = self._begun("letter")
        for letter in run:
            lower = letter.lower() if len(letter.lower()) == 1 else letter
            alphabet = _alphabet(lower)
            shift = int.from_bytes(before.digest(), "big") % max(1, len(alphabet) - 1)
            if reach == 1:
                before = self._begun("letter")
            before.update(letter.lower().encode("utf-8", "replace"))
            new = alphabet[(alphabet.index(lower) + 1 + shift) % len(alphabet)]
            masked.append(_upper(new) if lower != letter else new)
        return "".join(masked)

    def _begun(self, purpose: str) -> hashlib.blake2b:
        """The digest of a text that is to come letter by letter, so that a long one takes no time squared."""
        return hashlib.blake2b(f"{purpose}\0".encode(), key=self._secret, digest_size=4)

    def _digest(self, purpose: str, text: str, size: int) -> bytes:
        data = f"{purpose}\0{text}".encode("utf-8", "replace")
        return hashlib.blake2b(data, key=self._secret, digest_size=size).digest()


def _upper(letter: str) -> str:
    upper = letter.upper()
    return upper if len(upper) == 1 else letter


@functools.lru_cache(4096)
def _alphabet(letter: str) -> str:
    """The letters that may stand for one: of its script and kind."""
    for letters in (*_ALPHABETS, _COMMON_HAN):
        if letter in letters:
            return letters
    point, kind = ord(letter), unicodedata.category(letter)
    for first, last in _UNSPACED:
        if first <= point <= last:
            return _letters(first, last, kind)
    start = point & ~0x3F
    return _letters(start, start + 0x3F, kind)


@functools.lru_cache(256)
def _letters(first: int, last: int, kind: str) -> str:
    return "".join(chr(point) for point in range(first, last + 1) if unicodedata.category(chr(point)) == kind)
