"""One retraining run, from its row in the queue to a decision."""

from dataclasses import asdict, dataclass
from typing import Any

import structlog
from sqlalchemy import Connection

from bearometer_retrainer import gate
from bearometer_retrainer.attempt import Desk, Reporter, failures_kept, scratch, taken
from bearometer_retrainer.gate import Candidate, Decision
from bearometer_retrainer.lesson import Lesson, Recipe, gather
from bearometer_shared.errors import ArtifactError
from bearometer_shared.storage import labels, models, runs
from bearometer_shared.storage.models import Champion
from bearometer_shared.storage.runs import Claim
from bearometer_shared.storage.session import retrying, transaction

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run found: the champion that it began from, the lesson, the candidate and where that lies."""

    champion: Champion
    lesson: Lesson
    candidate: Candidate
    location: str


def run(desk: Desk, run_id: int) -> None:
    """Takes a run and decides it; does nothing where another worker has it or it is decided.

    1. take its lock and its row
    2. gather fresh labels and a replay of earlier ones; too few to judge by: keep the champion and the labels
    3. fine-tune the champion and export the candidate
    4. judge both, as they would serve, and store the artifact
    5. register it, promote it or not, mark the labels used: one transaction, fenced by the run's token
    """
    with taken(desk, run_id) as claimed:  # 1
        if claimed is None:
            log.info("run is another's, or decided", run=run_id)
            return
        with failures_kept(desk, claimed):
            _work(desk, claimed)


def _work(desk: Desk, claimed: Claim) -> None:
    recipe = Recipe(**claimed.recipe)
    with transaction(desk.database) as connection:  # 2
        champion, lesson = _champion(connection), gather(connection, recipe)
        force = runs.forced(connection, claimed)
        runs.note_data(connection, claimed, lesson.snapshot)
    if len(lesson.held_out) < gate.MIN_HELD_OUT and force is None:
        _postpone(desk, claimed, len(lesson.held_out))
        return
    parent, report = desk.store.fetch(champion.location), Reporter(desk, claimed)
    key = f"{champion.version}-{lesson.snapshot[:12]}"  # a checkpoint fits this champion and this data only
    with scratch(desk.folder / f"run-{claimed.id}", key) as folder:
        candidate = desk.teach(parent, folder, lesson, recipe, report)  # 3, 4
        location = desk.store.put(folder, candidate.manifest.version)
        found = Outcome(champion, lesson, candidate, location)
        retrying(lambda: _conclude(desk, claimed, found), desk.clock)  # 5


def _conclude(desk: Desk, claimed: Claim, found: Outcome) -> None:
    """Raises FencedError where the token is not ours any more: nothing of it is stored then."""
    version, now = found.candidate.manifest.version, desk.clock.now()
    with transaction(desk.database) as connection:
        models.register(connection, found.candidate.manifest, found.location, claimed.id)
        decision, judged = _decide(connection, claimed, found)
        if judged:
            labels.mark_used(connection, found.lesson.label_ids, claimed.id)
        if decision.promote:
            reason = f"run {claimed.id}: {decision.reason}"
            models.promote(connection, version, actor="retrainer", reason=reason, run_id=claimed.id, at=now)
        figures = _figures(found, decision)
        runs.finish(connection, claimed, decision=decision.reason, figures=figures, model_version=version, at=now)
    log.info("run decided", run=claimed.id, decision=decision.reason, version=version)


def _decide(connection: Connection, claimed: Claim, found: Outcome) -> tuple[Decision, bool]:
    """The decision, and whether the candidate was judged: it is not where the champion is another by now."""
    force, serving = runs.forced(connection, claimed), _champion(connection).version
    if serving != found.champion.version and force is None:
        return Decision(False, f"kept: {serving} became champion meanwhile; the labels stay fresh"), False
    return gate.decide(found.candidate.before, found.candidate.after, force), True


def _figures(found: Outcome, decision: Decision) -> dict[str, Any]:
    counts = {"taught": len(found.lesson.taught), "held_out": len(found.lesson.held_out)}
    data = {"data": {"snapshot": found.lesson.snapshot, **found.lesson.composition}}
    judged = {"champion": asdict(found.candidate.before), "candidate": asdict(found.candidate.after)}
    return {"promoted": decision.promote, "parent": found.champion.version, **counts, **data, **judged}


def _postpone(desk: Desk, claimed: Claim, held_out: int) -> None:
    """Too few labels to judge by: they stay fresh and wait for more."""
    figures, decision = {"promoted": False, "held_out": held_out}, gate.too_few(held_out)
    with transaction(desk.database) as connection:
        runs.finish(connection, claimed, decision=decision, figures=figures, model_version=None, at=desk.clock.now())


def _champion(connection: Connection) -> Champion:
    found = models.champion(connection)
    if found is None:
        raise ArtifactError("there is no champion to train further; run `bearometer models prepare`")
    return found
