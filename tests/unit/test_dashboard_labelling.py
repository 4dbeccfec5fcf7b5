"""Texts to label as the view shows them, and the words that are posted."""

from typing import Any

from bearometer_dashboard.labelling import row, word

ITEM: dict[str, Any] = {
    "stream": "live",
    "id": "a1",
    "text": "<b>Corwen</b> halts redemptions",
    "published_at": "2026-03-05T14:41:00Z",
    "source": "Ledgerline",
    "url": "javascript:alert(1)",
    "sentiment": "negative",
    "probabilities": {"negative": 0.912, "neutral": 0.08, "positive": 0.008},
    "topic": "Financials",
    "topic_probability": 0.774,
    "why": "drawn at random, to see how good the model is",
}


def test_a_text_comes_with_the_models_word_and_why_it_is_asked() -> None:
    said = row(ITEM)
    assert said["shares"] == {"negative": 91, "neutral": 8, "positive": 1}
    assert (said["topic"], said["sure"]) == ("Financials", 77)
    assert said["why"].startswith("drawn at random")
    assert (said["about"], said["url"]) == ("Ledgerline, 5 Mar 14:41 UTC", None)
    assert row(ITEM | {"source": ""})["about"] == "5 Mar 14:41 UTC"


def test_a_word_says_only_what_somebody_said() -> None:
    named = {"stream": "live", "article_id": "a1", "annotator": "ana"}
    assert word(ITEM, "ana", {"id": "a1", "sentiment": "neutral", "topic": "", "note": ""}) == named | {
        "sentiment": "neutral"
    }
    assert word(ITEM, "ana", {"id": "a1", "note": "no idea"}) == named | {"note": "no idea"}
