"""The stories of an evidence card in a terminal: text only, whatever the news says."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from rich.console import Group
from rich.padding import Padding
from rich.text import Text

from bearometer_shared.highlight import steps

Row = dict[str, Any]
# As `bearometer score --explain` has them: a terminal's own red and green are legible on its own background.
WEIGHTS = {0: "", 1: "", 2: "bold", 3: "bold reverse"}


def stories(evidence: Row) -> Iterator[Padding | Text]:
    """Each story in two or three lines: headline, who says so and how sure the model is, copies and link."""
    told = evidence.get("top", [])
    shown = f"{len(told)} of {evidence['stories']}" if "stories" in evidence else str(len(told))
    yield Text(f"Top stories ({shown})", style="bold")
    for place, story in enumerate(told, 1):
        yield Text.assemble(f"{place:>2}. ", headline(story))
        yield Padding(Group(*_under(story)), (0, 0, 0, 4), expand=False)
    if evidence.get("words") != "ready":
        yield Text(_without_words(evidence), style="dim")


def headline(story: Row) -> Text:
    """The title; its words in red or green, the stronger, the bolder, where they are explained."""
    words = story.get("words")
    if not words:
        return Text(story["title"])
    marks = steps([word["contribution"] for word in words])
    return Text(" ").join(Text(word["word"], _style(mark)) for word, mark in zip(words, marks, strict=True))


def _style(mark: int) -> str:
    return f"{WEIGHTS[abs(mark)]} {'green' if mark > 0 else 'red'}".strip() if mark else ""


def _under(story: Row) -> Iterator[Text]:
    at = datetime.fromisoformat(story["published_at"]).astimezone(UTC)
    facts = [f"{at:%Y-%m-%d %H:%M}", story["source"], f"score {story['score']:+.2f}"]
    if "contribution" in story:
        facts.append(f"{story['contribution']:.0%} of the weight")
    yield Text(", ".join(filter(None, facts)), style="dim")
    if story.get("copies"):
        yield Text(_copies(story), style="dim")
    if story["url"]:
        yield Text(story["url"], style="dim")


def _copies(story: Row) -> str:
    """`3 copies suppressed: Harbor 2, Ledger; 3 sources in all`."""
    copies = [f"{c['source'] or 'unknown'} {c['items']}" if c["items"] > 1 else c["source"] for c in story["copied_by"]]
    number = f"{story['copies']} cop{'y' if story['copies'] == 1 else 'ies'} suppressed"
    return f"{number}: {', '.join(copies)}; {story['sources']} source{'' if story['sources'] == 1 else 's'} in all"


def _without_words(evidence: Row) -> str:
    if evidence.get("words") == "waiting":
        return "The words that carried the scores are being worked out; look again in a moment."
    return f"No words: {evidence.get('words_missing', 'this card was made before cards had them')}"
