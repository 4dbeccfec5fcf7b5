"""Cleaning of text that strangers wrote, and the form in which a model reads it."""

import html
import re
import unicodedata

# Only what HTML knows is a tag: newswires write tickers as `<IBM>`, and those are words.
_ELEMENTS = (
    "a|abbr|address|article|aside|audio|b|base|bdi|bdo|big|blockquote|body|br|button|canvas|caption|center|cite|code|"
    "col|colgroup|data|dd|del|details|dfn|dialog|div|dl|dt|em|embed|fieldset|figcaption|figure|font|footer|form|frame|"
    "frameset|h[1-6]|head|header|hr|html|i|iframe|img|input|ins|kbd|label|legend|li|link|main|map|mark|marquee|math|"
    "menu|meta|meter|nav|nobr|noscript|object|ol|optgroup|option|output|p|param|picture|pre|progress|q|rp|rt|ruby|s|"
    "samp|script|section|select|slot|small|source|span|strike|strong|style|sub|summary|sup|svg|table|tbody|td|template|"
    "textarea|tfoot|th|thead|time|title|tr|track|tt|u|ul|var|video|wbr"
)
_TAG = re.compile(
    rf"<!--.*?(?:-->|\Z)|</?(?:{_ELEMENTS})(?=[\s/>])[^<>]*>|</?[a-z][\w.]*[:-][^<>]*>|<[a-z][^<>=]*=[^<>]*>",
    re.DOTALL | re.IGNORECASE,
)
# One that is never closed swallows the rest, as in a browser; looking for its end once keeps the time linear.
_SCRIPT = re.compile(r"<(script|style)\b.*?(?:</\1\s*>|\Z)", re.DOTALL | re.IGNORECASE)
_HUGE_REFERENCE = re.compile(r"&#[0-9]{8,};?")  # no character has that number, and `int` refuses very long ones
_LINK = re.compile(r"https?://\S+")
# Zero-width and direction-override characters can hide or reorder words on a page.
_INVISIBLE = re.compile("[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e007f]")
_MARKUP = str.maketrans("&<", "  ")
_PASSES = 8


def clean(text: str) -> str:
    """Plain one-line text: no markup, control characters, lone surrogates or invisible marks.

    Repeated until nothing changes, since feeds escape twice and more: what is clean stays as it is when it is cleaned
    again. Text that is still not plain after some passes is hostile and loses its `&` and `<`.
    """
    for _ in range(_PASSES):
        before, text = text, _pass(text)
        if text == before:
            return text
    return _pass(text.translate(_MARKUP))


def _pass(text: str) -> str:
    text = _unescape(_TAG.sub(" ", _SCRIPT.sub(" ", text)))
    return printable(unicodedata.normalize("NFC", _INVISIBLE.sub("", text)))


def _unescape(text: str) -> str:
    return html.unescape(_HUGE_REFERENCE.sub(" ", text))


def printable(text: str) -> str:
    """One line that a terminal, a page and a database take: each run of anything else becomes a space."""
    if not text.isprintable():
        text = text.encode("utf-8", "replace").decode()
        text = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(text.split())


def model_text(title: str, body: str = "") -> str:
    """What the model reads: the title without links, or the lead of the body where there is no title."""
    return " ".join(_LINK.sub(" ", _unescape(title or body[:400])).split())


def about(dimension: str, key: str) -> str:
    """What an alert is about, as a person is told of it."""
    return "all news" if dimension == "all" else f"{dimension} {key}"
