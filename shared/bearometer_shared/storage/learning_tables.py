"""Tables of the learning loop: labels, model versions, the champion pointer, runs, and who serves what."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Identity, Index, Integer, false, text
from sqlalchemy.orm import Mapped, mapped_column

from bearometer_shared.storage.tables import Table


class Label(Table):
    """What a person says of a text, or of an entity in it, by which version of the guidelines. Nothing is overwritten;
    `adjudicated` settles what annotators disagree on. `text_hash` is of both, the text and the entity."""

    __tablename__ = "labels"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    text: Mapped[str]
    text_hash: Mapped[str] = mapped_column(index=True)
    entity: Mapped[str] = mapped_column(server_default="")
    sentiment: Mapped[str | None]
    topic: Mapped[str | None]
    annotator: Mapped[str]
    note: Mapped[str]
    guideline: Mapped[str] = mapped_column(server_default="")
    adjudicated: Mapped[bool] = mapped_column(server_default=false())
    model_version: Mapped[str | None]
    model_said: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime]
    run_id: Mapped[int | None] = mapped_column(index=True)

    __table_args__ = (CheckConstraint("sentiment IS NOT NULL OR topic IS NOT NULL", name="ck_labels_says_something"),)


class LabelSkip(Table):
    """A text that an annotator would rather not label."""

    __tablename__ = "label_skips"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    text_hash: Mapped[str]
    text: Mapped[str]
    annotator: Mapped[str] = mapped_column(index=True)
    note: Mapped[str]
    at: Mapped[datetime]


class WeakLabel(Table):
    """What a rule says of a text that nobody has read. Kept apart: it begins no run and judges nothing."""

    __tablename__ = "weak_labels"
    rule: Mapped[str] = mapped_column(primary_key=True)
    text_hash: Mapped[str] = mapped_column(primary_key=True)
    text: Mapped[str]
    sentiment: Mapped[str | None]
    topic: Mapped[str | None]
    at: Mapped[datetime]


class ModelVersion(Table):
    """A registered artifact: where it lies, its manifest, its parent, and the run that made it.

    `pruned_at` is when its files were removed from the store, after which it cannot serve; the row stays.
    """

    __tablename__ = "models"
    version: Mapped[str] = mapped_column(primary_key=True)
    parent: Mapped[str | None]
    location: Mapped[str]
    manifest: Mapped[dict[str, Any]]
    run_id: Mapped[int | None]
    created_at: Mapped[datetime]
    pruned_at: Mapped[datetime | None]


class Promotion(Table):
    """Every move of the champion pointer, newest last; the newest row is the pointer. A run promotes at most once."""

    __tablename__ = "promotions"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    version: Mapped[str]
    previous: Mapped[str | None]
    at: Mapped[datetime]
    actor: Mapped[str]
    reason: Mapped[str]
    run_id: Mapped[int | None] = mapped_column(unique=True)


class Run(Table):
    """A retraining run. `period` is unique: two schedulers or a redelivered task make one row. `token` fences.

    `sent_at` is when a worker was last told of it, `force` and `keep` the reasons to promote the candidate, or not to,
    whatever the gate says, `recipe` what it trains with other than the defaults, `data_snapshot` the hash of the rows
    that it was taught.
    """

    __tablename__ = "runs"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    period: Mapped[str] = mapped_column(unique=True)
    trigger: Mapped[str]
    reason: Mapped[str]
    force: Mapped[str | None]
    keep: Mapped[str | None]
    recipe: Mapped[dict[str, Any]]
    state: Mapped[str]
    token: Mapped[int]
    attempts: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    progress: Mapped[dict[str, Any]]
    data_snapshot: Mapped[str | None]
    decision: Mapped[str | None]
    figures: Mapped[dict[str, Any] | None]
    model_version: Mapped[str | None]
    error: Mapped[str | None]

    __table_args__ = (
        Index(
            "uq_runs_one_active", text("(true)"), unique=True, postgresql_where=text("state IN ('queued', 'running')")
        ),
    )


class HeldOut(Table):
    """A fresh label that a run judged by instead of learning from: frozen, it judges later runs and teaches none."""

    __tablename__ = "held_out"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    run_id: Mapped[int] = mapped_column(index=True)
    text: Mapped[str]
    sentiment: Mapped[str | None]
    topic: Mapped[str | None]


class Server(Table):
    """What a scorer serves now, and what it could not load."""

    __tablename__ = "servers"
    instance: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[str]
    since: Mapped[datetime]
    seen_at: Mapped[datetime]
    error: Mapped[str]


class Drift(Table):
    """Whether a day of a stream, with the days before it, was news of another kind than a version told earlier.

    `figures` holds distance and p-value of each test, the level, and the days compared; empty where they were too few.
    """

    __tablename__ = "drifts"
    version: Mapped[str] = mapped_column(primary_key=True)
    stream: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    drifted: Mapped[bool]
    reason: Mapped[str]
    figures: Mapped[dict[str, Any]]
