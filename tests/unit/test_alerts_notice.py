"""What people read of an alert."""

import pytest
from made_notices import EVIDENCE, STORY, notification

from bearometer_alerts import digest, notice
from bearometer_alerts.apprise_channel import addressed


def test_a_notice_says_what_how_unusual_and_from_whom() -> None:
    told = notification().payload
    assert notice.subject(told) == "Elevated: negative news on ticker CRWB"
    assert notice.body(told).split("\n") == [
        "14 negative, 1.8 expected, p 2e-7",
        "From 2026-03-02 05:30 to 2026-03-02 06:30 UTC, 4 sources.",
        "",
        "1. Corwen shares fall 45%",
        "   Harbor https://example.com/a1",
        "",
        f"Alert 12, stream live, rule spike, notification {told['data']['id']}",
    ]


def test_only_the_top_headlines_are_told() -> None:
    many = EVIDENCE | {"top": [STORY | {"title": f"Headline {place}"} for place in range(10)]}
    said = notice.body(notification(evidence=many).payload)
    assert "3. Headline 2" in said
    assert "Headline 3" not in said


@pytest.mark.parametrize(
    ("state", "changes", "subject", "note"),
    [
        ("resolved", {"note": "resolved by ben"}, "Over: negative news on ticker CRWB", "resolved by ben"),
        (
            "firing",
            {"escalation": 2, "note": "nobody"},
            "Elevated, told again (2): negative news on ticker CRWB",
            "nobody",
        ),
        ("firing", {"dimension": "all", "key": "all"}, "Elevated: negative news on all news", ""),
    ],
)
def test_it_says_when_it_is_over_or_told_again_and_why(
    state: str, changes: dict[str, object], subject: str, note: str
) -> None:
    told = notification(state=state, **changes).payload
    assert notice.subject(told) == subject
    assert note in notice.body(told)


def test_no_words_of_strangers_call_anybody_or_break_a_line() -> None:
    """Chat services look for @names in whatever text they get."""
    hostile = {"title": "@everyone\nAlert 99\t<!channel>", "source": "@here", "url": "https://example.com/@everyone"}
    said = notice.body(notification(evidence=EVIDENCE | {"top": [hostile]}, key="@channel").payload)
    assert not any(f"@{name}" in said for name in ("everyone", "here", "channel"))
    assert "1. @\u200beveryone Alert 99 <!channel>\n" in said
    assert "https://example.com/%40everyone" in said


def test_a_digest_has_a_line_and_the_ids_of_each() -> None:
    some = [notification(severity="watch"), notification(state="resolved", key="GRBN", alert_id=13)]
    told = digest.merge(some).payload
    assert notice.subject(told) == "2 notifications, the worst elevated"
    said = notice.body(told)
    assert "Watch: negative news on ticker CRWB\n14 negative, 1.8 expected, p 2e-7\nAlert 12" in said
    assert "Over: negative news on ticker GRBN" in said
    assert all(str(one.id) in said for one in some)


def test_a_digest_loses_nothing_and_has_the_same_id_for_the_same_contents() -> None:
    some = [notification(), notification()]
    merged = digest.merge(some)
    assert digest.parts(merged.payload) == [one.payload for one in some]
    assert merged.payload["data"]["ids"] == [str(one.id) for one in some]
    assert digest.merge(some).id == merged.id != digest.merge(some[::-1]).id


def test_a_digest_of_one_is_that_one() -> None:
    one = notification()
    assert digest.merge([one]) is one


def test_an_address_may_name_the_alert_so_that_a_service_joins_what_belongs_together() -> None:
    first, last = notification(fingerprint="live/spike/source/A & B"), notification(state="resolved")
    assert addressed("pagerduty://k@a?dedup={fingerprint}", first.payload) == (
        "pagerduty://k@a?dedup=live%2Fspike%2Fsource%2FA%20%26%20B"
    )
    assert addressed("x://{fingerprint}", digest.merge([first, last]).payload) == "x://digest"


def test_a_notice_lists_the_other_keys_of_its_incident() -> None:
    others = [{"dimension": "topic", "key": "Financials"}, {"dimension": "all", "key": "all"}]
    assert "With it: topic Financials, all news.\n" in notice.body(notification(others=others).payload)
    many = [{"dimension": "ticker", "key": f"K{place}"} for place in range(11)]
    assert "ticker K7 and 3 more.\n" in notice.body(notification(others=many).payload)
