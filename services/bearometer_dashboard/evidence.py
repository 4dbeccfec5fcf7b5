"""What a card says, as text: why an alert fired, each story, each step. Times in UTC."""

from datetime import datetime

from bearometer_dashboard.client import Json
from bearometer_dashboard.items import link
from bearometer_dashboard.wording import moment, name, odds, short, signed
from bearometer_shared.highlight import steps


def why(alert: Json) -> str:
    """`15 negative stories about CRWB from 13:40 to 14:40, 0.4 expected: the chance of that is 1 in 4 million.`"""
    evidence = alert["evidence"]
    since, until = moment(evidence.get("since")), moment(evidence.get("until"))
    window = f" from {short(since, until)} to {short(until, until)}" if since and until else ""
    about = "" if alert["dimension"] == "all" else f" about {name(alert)}"
    found = f"{alert['observed']} negative stories{about}{window}, {alert['expected']:.1f} expected"
    return f"{found}: the chance of that is {odds(alert['p_value'])}." + _breadth(evidence)


def _breadth(evidence: Json) -> str:
    """How many sources the count rests on, how many copies it leaves out, and what of the window was seen."""
    if "stories" not in evidence:
        return ""
    sources = _some(evidence["sources"], "source", "sources")
    copies = _some(evidence["negatives"] - evidence["stories"], "copy", "copies")
    covered, length = evidence["covered"]["minutes"], evidence["window_minutes"]
    return f" From {sources}, {copies} left out; news came in {covered} of the {length} minutes."


def story(item: Json, now: datetime | None) -> Json:
    """A story of the evidence. `words`: text and mark, from -3 to 3; empty where it is not explained."""
    words = item.get("words", [])
    marks = steps([word["contribution"] for word in words])
    return {
        "time": short(moment(item["published_at"]), now),
        "source": item["source"],
        "title": item["title"],
        "url": link(item["url"]),
        "score": signed(item["score"]),
        "weight": f"{item['contribution']:.0%}" if "contribution" in item else "",
        "copies": copies(item),
        "words": [{"text": word["word"], "mark": mark} for word, mark in zip(words, marks, strict=True)],
    }


def copies(item: Json) -> str:
    """`3 copies by Ledgerline (2), TapeChatter; 3 sources in all`; empty for a story that nobody repeated."""
    if not item.get("copies"):
        return ""
    by = [f"{c['source'] or 'unknown'} ({c['items']})" if c["items"] > 1 else c["source"] for c in item["copied_by"]]
    number, sources = _some(item["copies"], "copy", "copies"), _some(item["sources"], "source", "sources")
    return f"{number} by {', '.join(filter(None, by)) or 'unknown'}; {sources} in all"


def step(entry: Json, now: datetime | None) -> Json:
    """A step of an alert's life."""
    return {
        "time": short(moment(entry["at"]), now),
        "state": entry["state"],
        "actor": entry["actor"],
        "note": entry["note"],
    }


def facts(alert: Json) -> list[str]:
    """What a person needs to look the alert up elsewhere, and the last word on it."""
    by = f"Alert {alert['id']}, rule {alert['rule']}, scored by {alert['model_version']}"
    reason = alert.get("verdict_reason")
    verdict = f"Judged {alert['verdict'].replace('_', ' ')} by {alert['verdict_by']}: {reason}" if reason else ""
    return [line for line in (verdict, by) if line]


def without_words(evidence: Json) -> str:
    """Why no words are marked; empty where they are."""
    if evidence.get("words") == "waiting":
        return "The words that carried the scores are being worked out."
    missing = evidence.get("words_missing")
    return f"No words are marked: {missing}" if missing else ""


def _some(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
