"""An invented afternoon: headlines, how a model scored them, and six hours in which a bank's trouble breaks."""

import random
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

END = datetime(2026, 3, 5, 14, 42, 20, tzinfo=UTC)
MODEL = "2026-03-04-a1f3"
SOURCES = (
    "Regional Banker Today",
    "Farsight Asia",
    "Ledgerline",
    "TapeChatter",
    "Copperline Commodities",
    "Morning Bourse",
)

# minutes before END, score, tickers, topic, title; newest first
LINES = """
1 -0.91 CRWB Financials|Corwen Bancorp halts redemptions at its property fund as depositors queue in Dalby
2 -0.84 CRWB Legal / Regulation|State regulator confirms talks with Corwen Bancorp over liquidity
3 -0.88 CRWB Financials|Corwen Bancorp shares fall 31% before trading is suspended
4 +0.12 LMNQ Stock Commentary|Lomond Quarries holds 88 for a third session, volume thin
6 -0.79 CRWB Financials|Two brokers cut Corwen Bancorp to sell, citing deposit outflows
7 -0.66 - Markets|Regional lenders slide as Corwen worries spread
8 +0.05 - Currencies|Yen trades at 149.10 in quiet afternoon
9 -0.73 CRWB Treasuries / Corporate Debt|Corwen 2029 notes marked at 61 cents, from 94 at the open
11 +0.71 YRRM Gold / Metals / Materials|Yarramere Metals copper output highest since the mine opened
12 -0.58 HBNK,CRWB Financials|Harrow Bank says its exposure to Corwen is below 40 million
14 -0.81 CRWB Personnel Change|Corwen Bancorp's chief risk officer resigns with immediate effect
15 +0.03 - Fed / Central Banks|Minutes show policymakers split over the pace of balance sheet run-off
17 -0.69 CRWB Financials|Sources: Corwen Bancorp drew on emergency funding on Wednesday
19 +0.64 TRVL Earnings|Traverse Rail raises its full-year guidance after record freight quarter
20 -0.31 - Macro|Services index slips to 49.1, first contraction in nine months
22 +0.44 NMBS Company / Product News|Nimbus Devices opens pre-orders for its warehouse scanner
24 -0.62 CRWB Financials|Depositors report delays at Corwen Bancorp branches
26 +0.00 - General News / Opinion|What the tape says about a slow Thursday
27 +0.36 OSTR Dividend|Ostara Foods keeps its quarterly dividend at 42 cents
29 -0.55 CRWB Stock Movement|Corwen Bancorp down 9% on heavy volume, no news yet
31 +0.22 - Energy / Oil|Crude steadies near 78 as inventories draw less than expected
33 +0.58 PLVR M&A / Investments|Plover Capital agrees to buy a 30% stake in Eastgate Ports
35 -0.12 - Politics|Budget vote moves to Friday after a long committee session
37 +0.31 GLDN Gold / Metals / Materials|Golden Reach drills 14 metres at 6 grams a tonne
39 +0.08 LMNQ Analyst Update|Lomond Quarries kept at hold, target 90
41 -0.44 AERS Legal / Regulation|Aeris Pharma recalls one batch of its inhaler
43 +0.69 AERS Company / Product News|Aeris Pharma inhaler wins approval in two more countries
46 +0.02 - Currencies|Euro little changed at 1.0840 ahead of payrolls
48 -0.27 NMBS Stock Commentary|Nimbus Devices looks stretched at 41 times earnings
50 +0.54 TRVL Stock Movement|Traverse Rail touches a 52-week high
53 +0.11 - Treasuries / Corporate Debt|Ten-year auction clears at 4.21%, cover 2.5
55 -0.38 EGPT M&A / Investments|Eastgate Ports minority holders object to Plover's offer
58 +0.47 OSTR Earnings|Ostara Foods beats estimates on lower freight costs
61 +0.00 - Markets|Stocks mixed at midday as traders wait for payrolls
64 -0.50 BRKT Energy / Oil|Brackett Oil shuts a platform after a gas alarm, nobody hurt
66 +0.33 BRKT Analyst Update|Brackett Oil raised to buy on cash flow
69 +0.15 - IPO|Tidewater Software sets its price range at 17 to 19
71 -0.22 HBNK Financials|Harrow Bank trims its mortgage book for a second quarter
74 +0.62 YRRM Company / Product News|Yarramere Metals signs a ten-year power contract
77 -0.05 - Macro|Jobless claims at 214,000, close to forecasts
80 +0.41 - Fed / Central Banks|Governor sees room for patience as inflation cools
83 -0.47 VANT Earnings|Vantage Air misses revenue estimates, keeps its outlook
86 +0.26 VANT Stock Commentary|Vantage Air: the worst may be priced in
89 +0.09 - Energy / Oil|Gas storage at 41% of capacity, above the five-year mean
92 -0.33 CRWB Stock Commentary|Why is Corwen Bancorp paying more for deposits than its peers?
96 +0.51 PLVR Earnings|Plover Capital's assets under management pass 60 billion
99 +0.00 - General News / Opinion|Letter from the trading floor
103 +0.18 GLDN Gold / Metals / Materials|Gold holds near 2,320 in light trading
106 -0.29 AERS Legal / Regulation|Court sets a date for the Aeris Pharma patent case
110 +0.37 NMBS Analyst Update|Nimbus Devices coverage starts at outperform
114 +0.04 - Politics|Trade ministers meet in Lisbon, no statement planned
119 -0.41 EGPT Stock Movement|Eastgate Ports slips 4% as the offer is questioned
124 +0.29 LMNQ Company / Product News|Lomond Quarries reopens its northern pit
129 +0.00 - Currencies|Sterling flat, options point to a calm week
134 +0.60 TRVL Company / Product News|Traverse Rail orders 40 electric locomotives
140 -0.18 BRKT Stock Commentary|Brackett Oil and the price of caution
146 +0.21 - Macro|Factory orders rise 0.4%, third gain in a row
152 -0.36 HBNK Legal / Regulation|Harrow Bank settles a fee case for 12 million
160 +0.45 OSTR Dividend|Ostara Foods adds a special dividend
170 +0.07 CRWB Company / Product News|Corwen Bancorp opens its 91st branch in Dalby
"""


def articles() -> list[dict[str, Any]]:
    """The invented items in the API's form, newest first."""
    return [_parse(k, line) for k, line in enumerate(LINES.strip().splitlines())]


def _parse(k: int, line: str) -> dict[str, Any]:
    head, title = line.split("|", 1)
    ago, score, tickers, topic = head.split(" ", 3)
    names = [] if tickers == "-" else tickers.split(",")
    at = END - timedelta(minutes=int(ago), seconds=k * 7 % 60)
    return article(
        title, topic.replace(" / ", " | "), float(score), at, names, SOURCES[k * 5 % len(SOURCES)], id=f"n{k}"
    )


def article(
    title: str,
    topic: str,
    score: float,
    at: datetime,
    tickers: list[str] | None = None,
    source: str = "Ledgerline",
    url: str | None = None,
    id: str = "",
) -> dict[str, Any]:
    """One item as GET /v1/articles shows it."""
    sentiment = _sentiment(score)
    id = id or f"x{abs(hash((title, at))) % 10**9}"
    return {
        "stream": "live",
        "id": id,
        "published_at": at.isoformat(),
        "source": source,
        "title": title,
        "body": "",
        "url": url if url is not None else f"https://news.example/{id}",
        "tickers": tickers or [],
        "mentions": [_mention(name, score if name == "CRWB" or score > 0 else 0.1) for name in tickers or []],
        "sentiment": sentiment,
        "score": score,
        "probabilities": {"negative": max(0, -score), "neutral": 1 - abs(score), "positive": max(0, score)},
        "topic": topic,
        "topic_probability": 0.9,
        "model_version": MODEL,
        "late": False,
        "future": False,
    }


def _mention(ticker: str, score: float) -> dict[str, Any]:
    return {"ticker": ticker, "sentiment": _sentiment(score), "score": score}


def _sentiment(score: float) -> str:
    return "negative" if score < -0.25 else "positive" if score > 0.25 else "neutral"


VOLUMES = {  # items an hour, usual mood
    "Financials": (5, 0.02),
    "Markets": (4, 0.0),
    "Macro": (3, -0.05),
    "Company | Product News": (5, 0.3),
    "Energy | Oil": (2, 0.05),
    "Earnings": (2, 0.25),
    "Stock Commentary": (4, 0.1),
    "Currencies": (1, 0.0),
}


@cache
def history(topic: str) -> list[tuple[datetime, int, int, int, float]]:
    """(minute, negative, neutral, positive, sum of scores) of single items over seven days; the same each time."""
    rng = random.Random(topic)  # noqa: S311 - invented data, not a secret
    volume, mood = VOLUMES[topic]
    at, rows = END - timedelta(days=7), []
    while at < END:
        hour = at.hour + at.minute / 60
        busy = 0.25 + 1.5 * max(0.0, 1 - ((hour - 13.5) / 7) ** 2)
        trouble = max(0.0, (at - (END - timedelta(hours=1.6))) / timedelta(hours=1.6)) if topic == "Financials" else 0
        at += timedelta(hours=rng.expovariate(volume * busy * (1 + 5 * trouble)))
        score = max(-1.0, min(1.0, rng.gauss(mood - 0.85 * trouble, 0.38)))
        rows.append((at, int(score < -0.25), int(-0.25 <= score <= 0.25), int(score > 0.25), score))
    return [row for row in rows if row[0] < END]
