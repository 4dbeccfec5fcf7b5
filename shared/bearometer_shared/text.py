"""Cleaning of text that strangers wrote, and the form in which a model reads it."""

import html
import re
import unicodedata

_TAG = re.compile(r"<(?:/?[a-zA-Z][^<>]*|!--.*?--)>", re.DOTALL)
_SCRIPT = re.compile(r"<(script|style)\b.*?</\1\s*>", re.DOTALL | re.IGNORECASE)
_LINK = re.compile(r"https?://\S+")
_SPACE = re.compile(r"\s+")
# Zero-width and direction-override characters can hide or reorder words on a page.
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


def clean(text: str) -> str:
    """Plain one-line text: no markup, control characters, lone surrogates or invisible marks.

    Entities are decoded after tags are removed, so that `AT&amp;T` reads "AT&T" and `&lt;b&gt;` stays text.
    """
    text = text.encode("utf-8", "replace").decode("utf-8")
    text = html.unescape(_TAG.sub(" ", _SCRIPT.sub(" ", text)))
    text = "".join(c if c.isprintable() or c.isspace() else " " for c in _INVISIBLE.sub("", text))
    return _SPACE.sub(" ", unicodedata.normalize("NFC", text)).strip()


def model_text(title: str, body: str = "") -> str:
    """What the model reads: the title without links, or the lead of the body where there is no title."""
    text = title or body[:400]
    return _SPACE.sub(" ", _LINK.sub(" ", html.unescape(text))).strip()
