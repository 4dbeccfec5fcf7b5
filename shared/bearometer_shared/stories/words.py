"""A report's words in the form in which its copies agree: no sender, no link, no correction mark, no ending."""

import re
from functools import lru_cache

_LINK = re.compile(r"\bhttps?:\S*", re.IGNORECASE)
_CUT_OFF = re.compile(r"(?<!\S)\S*(?:…|\.\.\.)\s*$")  # a repost cuts its last word or link
_SENDER = re.compile(r"(?:\b(?:RT|MT|via)\s+)?@\w+:?")
_CORRECTION = r"CORRECT(?:ED|ION|S)?|UPDATED?(?:\s\d+)?|REPEAT|RPT|REFILED?|WRAPUP(?:\s\d+)?|BREAKING|URGENT"
_MARK = re.compile(rf"^\s*(?:\((?:{_CORRECTION})\)\s*[-:]?|(?:{_CORRECTION})\s*[-:])\s*")
_REMARK = re.compile(r"\((?:corrects?|correcting|updates?|adds|repeats)\b[^)]*\)", re.IGNORECASE)
_BYLINE = re.compile(r"^\s*by\s+(?:[A-Z][\w.'-]*\s+){1,3}?[A-Z][\w.'-]*,?\s+(?:Reuters?|AP|AFP)\b", re.IGNORECASE)
_SERIAL = re.compile(r"(#\w+)\W+\d{1,5}\W*$")  # posted in masses, a text is numbered so that no copy equals another
_CASHTAG = re.compile(r"(?<![\w$])\$([A-Za-z]{1,5}(?:\.[A-Za-z]{1,2})?)(?![\w$])")
_SYMBOL = re.compile(r"<[A-Z.]{1,8}>")  # a wire's ticker stands in one copy of a title and not in the other
_WORD = re.compile(r"\d[\d.,/]*\d|\w+")
_ENDING = re.compile(r"(?:ings?|ed|es|s|e)$")
SHORT = 4  # so short a word keeps its ending


def bare(text: str) -> str:
    """Text without what only sets its copies apart: links, senders, marks of correction, a byline, a series number."""
    for pattern in (_LINK, _CUT_OFF, _SENDER, _MARK, _REMARK, _BYLINE, _SYMBOL):
        text = pattern.sub(" ", text)
    return _SERIAL.sub(r"\1", text)


def corrects(title: str) -> bool:
    """Whether a title says that it corrects or updates an earlier item."""
    return _MARK.match(title) is not None or _REMARK.search(title) is not None


def cashtags(text: str) -> list[str]:
    """The tickers that a text names with a dollar sign, upper case, each once."""
    return list(dict.fromkeys(tag.upper() for tag in _CASHTAG.findall(text)))


def words(text: str) -> list[str]:
    """The stems and numbers of a text in their order, lower case; cashtags are left out."""
    return [_stem(word) for word in _WORD.findall(_CASHTAG.sub(" ", bare(text)).casefold().replace("'s", ""))]


@lru_cache(maxsize=1 << 16)
def _stem(word: str) -> str:
    """One form for `acquire`, `acquires` and `acquired`; a number without its commas. Coarse, and the same for all."""
    if word[0].isdigit():
        return word.replace(",", "")
    stem = _ENDING.sub("", word)
    return stem if len(word) > SHORT and len(stem) >= SHORT - 1 and word.isascii() else word
