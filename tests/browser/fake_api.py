"""A stand-in for the API with invented news: the contract's endpoints, and /control to make things happen.

python tests/browser/fake_api.py 8700
"""

import asyncio
import sys
from collections.abc import AsyncIterable
from datetime import datetime, timedelta
from typing import Annotated, Any

import uvicorn
from fake_card import card
from fake_news import END, MODEL, VOLUMES, article, articles, history
from fastapi import FastAPI, HTTPException, Query
from fastapi.sse import EventSourceResponse, ServerSentEvent

Json = dict[str, Any]


NEW = {"name": "better on the new", "figure": 0.152, "limit": 0, "passed": True, "detail": "41 of 46 right, 34 before"}
LATENCY = {"name": "latency", "figure": 1.02, "limit": 1.2, "passed": True, "detail": "takes 1.02 times the time"}


class World:
    """What the fake API knows; `version` counts its changes."""

    def __init__(self) -> None:
        self.version = 0
        self.reset()

    def reset(self) -> None:
        """The afternoon as the page should show it: one bank's trouble, a debt topic that may follow, an old alarm."""
        self.articles = articles()
        self.alerts: list[Json] = []
        self.labels: list[Json] = []
        self.skips: list[Json] = []
        self.queues = 0
        self.steps: list[Json] = []
        self.run = _run()
        self.topics = list(VOLUMES)
        self.empty = False
        gone = {"state": "resolved", "resolved_at": (END - timedelta(minutes=139)).isoformat()}
        young = {"state": "pending", "fired_at": None}
        self.fire("topic", "Energy | Oil", "watch", 210, observed=5, expected=0.9, p_value=2.2e-6, **gone)
        self.fire("ticker", "HBNK", "watch", 11, observed=4, expected=0.4, p_value=3.1e-6)
        self.fire("all", "all", "elevated", 18, observed=31, expected=12.3, p_value=3.1e-8, incident=4)
        self.fire("ticker", "CRWB", "severe", 27, observed=14, expected=0.4, p_value=4e-13)
        self.fire("topic", "Financials", "severe", 22, p_value=2.4e-11, incident=4)
        self.fire("topic", "Treasuries | Corporate Debt", "watch", 0, observed=4, expected=0.6, p_value=8.1e-6, **young)

    def add(self, row: Json) -> None:
        self.articles.insert(0, row)
        self.version += 1

    def fire(self, dimension: str, key: str, severity: str, ago: float, **more: Any) -> Json:
        """An alert that fired `ago` minutes before the end."""
        alert = _alert(len(self.alerts) + 1, self.articles, dimension, key, severity, ago, **more)
        self.alerts.insert(0, alert)
        self.version += 1
        return alert


def _alert(id: int, items: list[Json], dimension: str, key: str, severity: str, ago: float, **more: Any) -> Json:
    fired = END - timedelta(minutes=ago)
    top = [i for i in items if i["score"] < -0.25 and key in ("all", i["topic"], i["source"], *i["tickers"])][:6]
    figures = {"observed": 23, "expected": 2.1, "p_value": 2.4e-7} | more
    return {
        "id": id,
        "fingerprint": f"live/spike/{dimension}/{key}",
        "stream": "live",
        "rule": "spike",
        "dimension": dimension,
        "key": key,
        "state": "firing",
        "severity": severity,
        "pending_at": (fired - timedelta(minutes=3)).isoformat(),
        "fired_at": fired.isoformat(),
        "resolved_at": None,
        "model_version": MODEL,
        "evidence": card(END, top, figures["observed"], figures["expected"]),
        "history": [],
        "incident": id,
    } | figures


def _run(**more: Any) -> Json:
    """A run that ended well."""
    at = (END - timedelta(hours=21)).isoformat()
    decision = None if more else "promoted: 41 of 46 held-out fresh labels right, 34 before; all 43 checks passed"
    slices = [{"name": f"slice {n}", "passed": True, "figure": 0.02, "limit": -0.02, "detail": ""} for n in range(41)]
    figures = {"checks": [NEW, LATENCY, *slices]}
    times = {"created_at": at, "started_at": at, "finished_at": at}
    return (
        {"id": 7, "state": "done", "progress": {}, "decision": decision, "error": None, "figures": figures}
        | times
        | more
    )


world = World()
app = FastAPI()


@app.get("/v1/streams")
def streams() -> Json:
    if world.empty:
        return {"items": []}
    clock = {"clock": END.isoformat(), "evaluated_to": END.isoformat()}
    older = (END - timedelta(days=3)).isoformat()
    return {
        "items": [{"name": "backtest", "newest_event": older, **clock}, {"name": "live", "newest_event": END, **clock}]
    }


@app.get("/v1/articles")
def newest(limit: int = 50) -> Json:
    return {"items": world.articles[:limit], "next_cursor": None}


@app.get("/v1/trends")
def trends(dimension: str, step: int, start: Annotated[datetime, Query(alias="from")], to: datetime) -> Json:
    counted = {topic: history(topic if topic in VOLUMES else "Financials") for topic in world.topics}
    groups = {"all": [row for rows in counted.values() for row in rows]} if dimension == "all" else counted
    series = [
        {"dimension": dimension, "key": key, "points": _points(rows, start, to, step)} for key, rows in groups.items()
    ]
    return {"step": step, "from": start, "to": to, "series": series}


@app.get("/v1/trends/movers")
def movers(dimension: str, hours: int) -> Json:
    """Of the bank and what it drags along; nothing has moved over more than six hours."""
    keys = {"ticker": (("CRWB", -0.71), ("YRRM", 0.38)), "topic": (("Financials", -0.52), ("Markets", -0.2))}
    found = [_moved(key, change) for key, change in keys[dimension]] if hours <= 6 else []
    return {"dimension": dimension, "by": "mood", "movers": found}


def _moved(key: str, change: float) -> Json:
    before, now = {"items": 12, "mood": 0.05}, {"items": 41, "mood": round(0.05 + change, 2)}
    return {"key": key, "change": change, "z": change * 9, "now": now, "before": before}


def _points(rows: list[tuple[datetime, int, int, int, float]], start: datetime, to: datetime, step: int) -> list[Json]:
    buckets: dict[float, list[tuple[datetime, int, int, int, float]]] = {}
    for row in rows:
        buckets.setdefault(row[0].timestamp() // step * step, []).append(row)
    found, weight, total = [], 0.0, 0.0
    for bucket in range(round(start.timestamp()), round(to.timestamp()), step):
        items = buckets.get(bucket, [])
        score = sum(row[4] for row in items)
        weight, total = weight * HALF + len(items), total * HALF + score
        negative, neutral, positive = (sum(row[k] for row in items) for k in (1, 2, 3))
        found.append(
            {
                "at": datetime.fromtimestamp(bucket, END.tzinfo).isoformat(),
                "items": len(items),
                "negative": negative,
                "neutral": neutral,
                "positive": positive,
                "mood": score / len(items) if items else None,
                "moving_mood": total / weight if weight else None,
            }
        )
    return found


HALF = 0.5**0.5  # what a bucket weighs of the one after it


@app.get("/v1/alerts")
def alerts(state: Annotated[list[str] | None, Query()] = None) -> Json:
    return {"items": [a for a in world.alerts if not state or a["state"] in state], "next_cursor": None}


@app.get("/v1/alerts/{id}")
def alert(id: int) -> Json:
    found = next((a for a in world.alerts if a["id"] == id), None)
    if found is None:
        raise HTTPException(404, "no such alert")
    note = f"{found['observed']} negative of 96 items, {found['expected']} expected, p {found['p_value']:.1e}"
    names = (("pending", "pending_at"), ("firing", "fired_at"), ("resolved", "resolved_at"))
    seen = [_step(name, found[at], "detector", note) for name, at in names if found[at]]
    return found | {"history": seen + found["history"]}


@app.post("/v1/alerts/{id}/steps", status_code=201)
def take(id: int, body: Json) -> Json:
    """Understands what an acknowledgement, an assignment and a verdict change."""
    found = alert(id)
    if body["action"] == "acknowledge" and found.get("acknowledged_by"):
        raise HTTPException(409, f"alert {id} is acknowledged already, by {found['acknowledged_by']}")
    row = next(a for a in world.alerts if a["id"] == id)
    row |= {
        "acknowledge": {"acknowledged_by": body["actor"]},
        "assign": {"assignee": body.get("assignee")},
        "verdict": {"verdict": body.get("verdict"), "verdict_reason": body["note"], "verdict_by": body["actor"]},
    }.get(body["action"], {})
    row["history"].append(
        _step(NAMES.get(body["action"], body["action"]), END.isoformat(), body["actor"], body["note"])
    )
    world.steps.append({"id": id} | body)
    world.version += 1
    return alert(id)


NAMES = {"acknowledge": "acknowledged", "assign": "assigned", "verdict": "judged"}


def _step(state: str, at: str, actor: str, note: str) -> Json:
    return {"state": state, "at": at, "recorded_at": at, "actor": actor, "note": note}


@app.get("/v1/events", response_class=EventSourceResponse)
async def events() -> AsyncIterable[ServerSentEvent]:
    seen = world.version
    while True:
        await asyncio.sleep(0.05)
        if seen != world.version:
            seen = world.version
            yield ServerSentEvent(event="change", data={"at": END.isoformat()})


@app.post("/v1/labels", status_code=201)
def label(body: Json) -> Json:
    if body.get("note") == "refuse":
        raise HTTPException(422, "note: says nothing")
    world.labels.append(body)
    world.version += 1
    return {"ids": [len(world.labels)]}


@app.get("/v1/labels")
def label_counts() -> Json:
    return {"fresh": 64 + len(world.labels), "total": 412 + len(world.labels), "by_sentiment": {}, "by_topic": {}}


@app.get("/v1/labels/queue")
def queue(annotator: str, stream: str, limit: int) -> Json:
    """The newest items that were neither labelled nor skipped, two at a time, so that the view has to ask again."""
    world.queues += 1
    asked = {label["article_id"] for label in world.labels + world.skips}
    items = [item for item in world.articles if item["id"] not in asked]
    return {"items": [item | {"text": item["title"], "part": "audit", "why": WHY} for item in items[:2]]}


WHY = "drawn at random, to see how good the model is"


@app.post("/v1/labels/skips", status_code=201)
def skip(body: Json) -> Json:
    world.skips.append(body)
    return {"id": len(world.skips)}


@app.get("/v1/runs")
def runs() -> Json:
    return {"items": [world.run]}


@app.post("/v1/runs/{id}/cancel")
def cancel(id: int) -> Json:
    world.run |= {"state": "cancelled", "finished_at": END.isoformat(), "progress": {}}
    world.version += 1
    return world.run


@app.post("/control/training")
def control_training() -> None:
    """A run begins to train."""
    at, progress = END.isoformat(), {"stage": "training", "step": 120, "steps": 400, "loss": 0.421, "remaining": 190.0}
    world.run = _run(id=8, state="running", finished_at=None, started_at=at, progress=progress, figures=None)
    world.version += 1


@app.get("/v1/models")
def models() -> Json:
    at, now = (END - timedelta(hours=21)).isoformat(), datetime.now(END.tzinfo)
    topics = sorted({*VOLUMES, "Treasuries | Corporate Debt", "Legal | Regulation"})
    server = {"version": MODEL, "since": at, "seen_at": now, "error": ""}
    gone = {
        "instance": "scorer-0",
        "version": "2026-02-20-77c0",
        "since": at,
        "seen_at": now - timedelta(days=9),
        "error": "",
    }
    return {
        "champion": MODEL,
        "models": [{"version": MODEL, "run_id": 7, "created_at": at, "manifest": {"topics": topics}}],
        "servers": [gone, {"instance": "scorer-1", **server}, {"instance": "scorer-2", **server}],
    }


@app.post("/control/item")
def control_item(title: str, score: float = -0.6, topic: str = "Financials", url: str | None = None) -> Json:
    """Publishes an item now, if need be in a topic that is new."""
    row = article(title, topic, score, END, url=url)
    if topic not in world.topics:
        world.topics.append(topic)
    world.add(row)
    return row


@app.post("/control/quiet_item")
def control_quiet_item(title: str) -> None:
    """Publishes an item of which no event tells."""
    world.articles.insert(0, article(title, "Financials", -0.6, END))


@app.post("/control/alert")
def control_alert(dimension: str = "ticker", key: str = "OSTR", severity: str = "severe") -> Json:
    """Fires an alert now."""
    return world.fire(dimension, key, severity, 0)


@app.post("/control/reset")
def control_reset() -> None:
    """Forgets what happened since the start."""
    world.reset()


@app.post("/control/empty")
def control_empty(empty: bool) -> None:
    """Forgets, or remembers, every stream."""
    world.empty = empty
    world.version += 1


@app.get("/control/labels")
def control_labels() -> list[Json]:
    """What was posted to /v1/labels."""
    return world.labels


@app.get("/control/skips")
def control_skips() -> list[Json]:
    """What was posted to /v1/labels/skips."""
    return world.skips


@app.get("/control/queues")
def control_queues() -> int:
    """How often /v1/labels/queue was read."""
    return world.queues


@app.get("/control/steps")
def control_steps() -> list[Json]:
    """What was posted to /v1/alerts/{id}/steps."""
    return world.steps


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), log_level="warning", timeout_graceful_shutdown=1)
