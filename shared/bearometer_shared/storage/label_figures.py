"""What `labels stats` tells: how much people have said, of which kind, and how far annotators agree."""

from typing import Any

from sqlalchemy import Connection, func, select

from bearometer_shared.agreement import Agreement, agreement
from bearometer_shared.storage import label_words, labels, verdicts, weak_labels
from bearometer_shared.storage.learning_tables import Label, LabelSkip


def figures(connection: Connection) -> dict[str, Any]:
    """`labels.stats`, and `by_kind` what people (label, adjudication, skip) and rules (weak) said, and `verdicts` on
    alerts."""
    settles = func.count().filter(Label.adjudicated)
    said, settled = connection.execute(select(func.count() - settles, settles).select_from(Label)).one()
    skips = connection.execute(select(func.count()).select_from(LabelSkip)).scalar_one()
    weak = sum(weak_labels.counts(connection).values())
    by_kind = {"label": said, "adjudication": settled, "skip": skips, "weak": weak}
    return labels.stats(connection) | {"by_kind": by_kind, "verdicts": verdicts.counts(connection)}


def agreements(connection: Connection) -> dict[str, Agreement]:
    """How far annotators agree on each head."""
    return {head: agreement(label_words.independent(connection, head)) for head in label_words.HEADS}
