"""Tables of the alert service: baselines, alerts, their history, silences, the outbox, and its disabled channels."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Float, ForeignKey, Identity, Index, Integer, text
from sqlalchemy.orm import Mapped, mapped_column

from bearometer_shared.storage.tables import Table


class Baseline(Table):
    """What the detector remembers of a key, as of an event time, so that a take-over resumes from rows."""

    __tablename__ = "baselines"
    stream: Mapped[str] = mapped_column(primary_key=True)
    rule: Mapped[str] = mapped_column(primary_key=True)
    dimension: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    as_of: Mapped[datetime]
    state: Mapped[dict[str, Any]]


class Alert(Table):
    """A spike. Its fingerprint is (stream, rule, dimension, key); at most one of a fingerprint is open.

    Whether it goes on (`state`) is one thing, what people do about it another. `flaps` counts how often the detector
    reopened it. What people last heard: `told` is the severity that they believe is firing, empty where they believe
    that nothing is; `tellings` counts all notices, `escalation` those since which nobody acknowledged it.

    `incident` is the id of the alert that heads its incident, null before it fires. Of an incident the head's row alone
    says what people heard.
    """

    __tablename__ = "alerts"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    fingerprint: Mapped[str]
    stream: Mapped[str]
    rule: Mapped[str]
    dimension: Mapped[str]
    key: Mapped[str]
    state: Mapped[str]
    severity: Mapped[str]
    pending_at: Mapped[datetime]
    fired_at: Mapped[datetime | None]
    resolved_at: Mapped[datetime | None]
    resolved_by: Mapped[str | None]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[str | None]
    assignee: Mapped[str | None]
    snoozed_until: Mapped[datetime | None]
    verdict: Mapped[str | None]
    verdict_reason: Mapped[str | None]
    verdict_by: Mapped[str | None]
    verdict_at: Mapped[datetime | None]
    observed: Mapped[int] = mapped_column(Integer)
    expected: Mapped[float] = mapped_column(Float(53))
    p_value: Mapped[float] = mapped_column(Float(53))
    model_version: Mapped[str]
    evidence: Mapped[dict[str, Any]]
    incident: Mapped[int | None]
    flaps: Mapped[int] = mapped_column(Integer)
    told: Mapped[str]
    told_at: Mapped[datetime | None]
    tellings: Mapped[int] = mapped_column(Integer)
    escalation: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    __table_args__ = (
        Index("uq_alerts_open", "fingerprint", unique=True, postgresql_where=text("state <> 'resolved'")),
        Index("ix_alerts_newest", "stream", text("id DESC")),
        Index("ix_alerts_fingerprint", "fingerprint", text("id DESC")),
        Index("ix_alerts_incident", "incident"),
        Index("ix_alerts_standing", "id", postgresql_where=text("state <> 'resolved' OR told <> ''")),
    )


class AlertStep(Table):
    """One step of an alert's life: what was done, when in event time and wall time, by whom. Never changed."""

    __tablename__ = "alert_steps"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    alert_id: Mapped[int] = mapped_column(ForeignKey("alerts.id", ondelete="CASCADE"), index=True)
    state: Mapped[str]
    at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    actor: Mapped[str]
    note: Mapped[str]


class Silence(Table):
    """Alerts that people shall not hear of from one time to another. Five patterns must match: exact, or with * ? [].

    One that is ended early keeps its row: `expires_at` is then the time of that.
    """

    __tablename__ = "silences"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    stream: Mapped[str]
    rule: Mapped[str]
    dimension: Mapped[str]
    key: Mapped[str]
    severity: Mapped[str]
    starts_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    author: Mapped[str]
    reason: Mapped[str]
    created_at: Mapped[datetime]


class Outbox(Table):
    """A notification to deliver, written with the step that it tells of. `id` stays the same on every attempt.

    `sequence` is the order of writing. `next_at` is null once it is delivered, or given up for `last_error`.
    """

    __tablename__ = "outbox"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(Identity())
    alert_id: Mapped[int]
    channel: Mapped[str]
    payload: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(Integer)
    next_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    last_error: Mapped[str]

    __table_args__ = (Index("ix_outbox_due", "next_at", postgresql_where=text("next_at IS NOT NULL")),)


class DisabledChannel(Table):
    """A channel whose receiver wants no more, and says so by `reason`, until a person enables it."""

    __tablename__ = "disabled_channels"
    channel: Mapped[str] = mapped_column(primary_key=True)
    reason: Mapped[str]
    disabled_at: Mapped[datetime]
