"""Stories in Postgres, shared by all scorers: see `bearometer_shared.stories.joining`."""

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
from sqlalchemy import Connection, Row, text

from bearometer_shared.storage import story_keys
from bearometer_shared.stories import joining
from bearometer_shared.stories.joining import CROWD, WINDOW, Assignment, ItemKey, Version
from bearometer_shared.stories.sketch import Sketch


def assign(connection: Connection, items: Iterable[Sketch]) -> list[Assignment]:
    """The stories of items, in the order of publishing; an item that came before is answered as before.

    The streams of the items are locked until the transaction ends: of two scorers that see two copies at once the
    second waits, and finds what the first has stored. Needs READ COMMITTED, which is Postgres's default.
    """
    return joining.assign(PostgresShelf(connection), items)


class PostgresShelf:
    """A shelf of one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def lock(self, streams: Collection[str]) -> None:
        for stream in sorted(streams):  # in one order for all, so that nobody deadlocks
            self._run("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))", name=f"stories of {stream}")

    def known(self, items: Collection[ItemKey]) -> dict[ItemKey, Assignment]:
        rows = self._run(
            "SELECT stream, article_id, story, copies, similarity FROM story_items"
            " JOIN unnest(CAST(:streams AS text[]), CAST(:ids AS text[])) AS n(stream, article_id)"
            " USING (stream, article_id)",
            **_pairs(items),
        )
        return {
            (row.stream, row.article_id): Assignment(row.stream, row.article_id, row.story, row.copies, row.similarity)
            for row in rows
        }

    def versions(
        self, stream: str, keys: Collection[int], since: datetime, until: datetime
    ) -> Iterable[tuple[int, Version]]:
        met = self._run(
            "SELECT k.key, b.version FROM unnest(CAST(:keys AS bigint[])) AS k(key) CROSS JOIN LATERAL"
            " (SELECT version FROM story_buckets WHERE key = k.key AND at BETWEEN :since AND :until"
            " ORDER BY at DESC, version DESC LIMIT :crowd) AS b",
            keys=_array(sorted(keys)),
            since=since,
            until=until,
            crowd=CROWD,
        )
        rows = self._run("SELECT * FROM story_versions WHERE number = ANY(:n)", n=list({row.version for row in met}))
        versions = {row.number: _version(row) for row in rows}
        return [(row.key, versions[row.version]) for row in met if row.version in versions]

    def heat(self, stories: Collection[ItemKey]) -> dict[ItemKey, int]:
        rows = self._run(
            "SELECT stream, id, items FROM stories"
            " JOIN unnest(CAST(:streams AS text[]), CAST(:ids AS text[])) AS n(stream, id) USING (stream, id)",
            **_pairs(stories),
        )
        return {(row.stream, row.id): row.items for row in rows}

    def add(self, items: Sequence[tuple[Sketch, Assignment]], versions: Sequence[Version]) -> None:
        self._add_items(items)
        if versions:
            self._add_versions(versions)

    def _add_items(self, items: Sequence[tuple[Sketch, Assignment]]) -> None:
        said = {
            "streams": [answer.stream for _, answer in items],
            "ids": [answer.item for _, answer in items],
            "stories": [answer.story for _, answer in items],
            "ats": [item.at for item, _ in items],
            "copies": [answer.copies for _, answer in items],
            "similarities": [answer.similarity for _, answer in items],
        }
        self._run(
            "INSERT INTO story_items (stream, article_id, story, at, copies, similarity) SELECT * FROM"
            " unnest(CAST(:streams AS text[]), CAST(:ids AS text[]), CAST(:stories AS text[]),"
            " CAST(:ats AS timestamptz[]), CAST(:copies AS int[]), CAST(:similarities AS float8[]))",
            **said,
        )
        self._run(
            "INSERT INTO stories AS s (stream, id, items, newest_at) SELECT stream, id, count(*), max(at)"
            " FROM unnest(CAST(:streams AS text[]), CAST(:stories AS text[]), CAST(:ats AS timestamptz[]))"
            " AS n(stream, id, at) GROUP BY stream, id ON CONFLICT (stream, id) DO UPDATE"
            " SET items = s.items + excluded.items, newest_at = greatest(s.newest_at, excluded.newest_at)",
            **{name: said[name] for name in ("streams", "stories", "ats")},
        )

    def _add_versions(self, versions: Sequence[Version]) -> None:
        sketches = [version.sketch for version in versions]
        numbers = self._run(
            "INSERT INTO story_versions (stream, article_id, story, at, title, lead, subject, corrects) SELECT * FROM"
            " unnest(CAST(:streams AS text[]), CAST(:ids AS text[]), CAST(:stories AS text[]),"
            " CAST(:ats AS timestamptz[]), CAST(:titles AS bytea[]), CAST(:leads AS bytea[]),"
            " CAST(:subjects AS bigint[]), CAST(:corrections AS bool[])) RETURNING stream, article_id, number",
            streams=[sketch.stream for sketch in sketches],
            ids=[sketch.id for sketch in sketches],
            stories=[version.story for version in versions],
            ats=[sketch.at for sketch in sketches],
            titles=[_packed(sketch.title) for sketch in sketches],
            leads=[_packed(sketch.lead) for sketch in sketches],
            subjects=[sketch.subject for sketch in sketches],
            corrections=[sketch.corrects for sketch in sketches],
        )
        number = {(row.stream, row.article_id): row.number for row in numbers}
        buckets = sorted((key, number[sketch.stream, sketch.id]) for sketch in sketches for key in sketch.keys)
        self._run(
            "INSERT INTO story_buckets (key, at, version) SELECT key, at, number"
            " FROM unnest(CAST(:keys AS bigint[]), CAST(:numbers AS bigint[])) AS n(key, number)"
            " JOIN story_versions USING (number)",
            keys=_array(key for key, _ in buckets),
            numbers=_array(version for _, version in buckets),
        )

    def _run(self, query: str, **parameters: Any) -> list[Row[Any]]:
        found = self._connection.execute(text(query), parameters)
        return list(found) if found.returns_rows else []


def forget(connection: Connection) -> int:
    """Drops what no item can join any more: what was published longer than `WINDOW` before its stream's newest event.

    By the stream's own clock, so that a replay of 1987 remembers as long as live news; of a stream whose articles are
    gone everything goes. Returns how many items were forgotten.
    """
    story_keys.forget(connection)
    streams = connection.execute(
        text(
            "SELECT n.stream, s.newest_event, EXISTS (SELECT FROM article_keys k WHERE k.stream = n.stream) AS kept"
            " FROM (SELECT DISTINCT stream FROM stories) n JOIN streams s ON s.name = n.stream"
        )
    ).all()
    return sum(_forget(connection, row.stream, row.newest_event - WINDOW if row.kept else _NEVER) for row in streams)


_NEVER = datetime.max.replace(tzinfo=UTC)
_OLD = "stream = :stream AND at < :before"


def _forget(connection: Connection, stream: str, before: datetime) -> int:
    of = {"stream": stream, "before": before}
    in_old = f"version IN (SELECT number FROM story_versions WHERE {_OLD})"  # noqa: S608 - a constant
    connection.execute(text(f"DELETE FROM story_buckets WHERE {in_old}"), of)  # noqa: S608 - a constant
    connection.execute(text(f"DELETE FROM story_versions WHERE {_OLD}"), of)  # noqa: S608 - a constant
    connection.execute(text("DELETE FROM stories WHERE stream = :stream AND newest_at < :before"), of)
    return connection.execute(text(f"DELETE FROM story_items WHERE {_OLD}"), of).rowcount  # noqa: S608 - a constant


def _pairs(keys: Collection[ItemKey]) -> dict[str, list[str]]:
    return {"streams": [stream for stream, _ in keys], "ids": [id for _, id in keys]}


def _array(numbers: Iterable[int]) -> str:
    """An array as Postgres writes it: there are thousands, and the driver would dump each one in Python."""
    return f"{{{','.join(map(str, numbers))}}}"


def _version(row: Row[Any]) -> Version:
    title, lead = _unpacked(row.title), _unpacked(row.lead)
    return Version(Sketch(row.stream, row.article_id, row.at, title, lead, row.subject, row.corrects, ()), row.story)


def _packed(codes: Collection[int]) -> bytes:
    return np.asarray(sorted(codes), dtype="<u4").tobytes()


def _unpacked(packed: bytes) -> frozenset[int]:
    return frozenset(np.frombuffer(packed, dtype="<u4").tolist())
