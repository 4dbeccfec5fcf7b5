"""One retraining run, from its row in the queue to a decision."""

from dataclasses import asdict, dataclass
from typing import Any

import structlog
from sqlalchemy import Connection

from bearometer_retrainer import gate, pseudo, rules
from bearometer_retrainer.attempt import Desk, Reporter, failures_kept, scratch, taken
from bearometer_retrainer.gate import Candidate, Decision
from bearometer_retrainer.lesson import Lesson, Recipe, gather
from bearometer_retrainer.rules import Check
from bearometer_shared.errors import ArtifactError
from bearometer_shared.storage import claims, held_out, labels, models, runs
from bearometer_shared.storage.claims import Claim
from bearometer_shared.storage.models import Champion
from bearometer_shared.storage.session import retrying, transaction
from bearometer_training import data

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run found: the champion that it began from, the lesson, the candidate, where that lies, and what it says
    of the newest items beside the champion.
    """

    champion: Champion
    lesson: Lesson
    candidate: Candidate
    location: str
    shadow: dict[str, Any]


def run(desk: Desk, run_id: int) -> None:
    """Takes a run and decides it; does nothing where another worker has it or it is decided.

    1. take its lock and its row
    2. gather fresh labels, a replay of earlier ones, and what rules and, if that is wanted, versions say of unread
       texts; too few to judge by: keep the champion and the labels
    3. fine-tune the champion and export the candidate
    4. judge both, as they would serve, store the artifact, and show both the newest items
    5. register it, promote it or not, mark the labels used, freeze those that judged: one transaction, fenced by the
       run's token
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
        overruling = claims.overruled(connection, claimed)
        claims.note_data(connection, claimed, lesson.snapshot)
    enough = rules.too_few(len(lesson.held_out))
    if not enough.passed and not (overruling and overruling.promote):
        _postpone(desk, claimed, enough)
        return
    lesson = pseudo.widened(desk, claimed, champion, lesson, recipe)
    parent, report = desk.store.fetch(champion.location), Reporter(desk, claimed)
    key = f"{champion.version}-{lesson.snapshot[:12]}"  # a checkpoint fits this champion and this data only
    with scratch(desk.folder / f"run-{claimed.id}", key) as folder:
        candidate = desk.teach(parent, folder, lesson, recipe, report)  # 3, 4
        location = desk.store.put(folder, candidate.manifest.version)
        report.stage("shadow")
        shadow = retrying(lambda: desk.shadow(desk.database, parent, folder, desk.clock.now()), desk.clock)
        found = Outcome(champion, lesson, candidate, location, shadow)
        retrying(lambda: _conclude(desk, claimed, found), desk.clock)  # 5


def _conclude(desk: Desk, claimed: Claim, found: Outcome) -> None:
    """Raises FencedError where the token is not ours any more: nothing of it is stored then."""
    version, now = found.candidate.manifest.version, desk.clock.now()
    with transaction(desk.database) as connection:
        models.register(connection, found.candidate.manifest, found.location, claimed.id)
        decision, judged = _decide(connection, claimed, found)
        if judged:
            labels.mark_used(connection, found.lesson.label_ids, claimed.id)
            judging = [
                (row.text, row.sentiment, row.topic) for row in found.lesson.held_out if row.sentiment or row.topic
            ]
            held_out.keep(connection, claimed.id, judging)
        if decision.promote:
            reason = f"run {claimed.id}: {decision.reason}"
            models.promote(connection, version, actor="retrainer", reason=reason, run_id=claimed.id, at=now)
        figures = _figures(found, decision)
        claims.finish(connection, claimed, decision=decision.reason, figures=figures, model_version=version, at=now)
    log.info("run decided", run=claimed.id, decision=decision.reason, version=version)


def _decide(connection: Connection, claimed: Claim, found: Outcome) -> tuple[Decision, bool]:
    """The decision, and whether the candidate was judged: it is not where the champion is another by now."""
    overruling, serving = claims.overruled(connection, claimed), _champion(connection).version
    if serving != found.champion.version and not (overruling and overruling.promote):
        return Decision(False, f"kept: {serving} became champion meanwhile; the labels stay fresh"), False
    best = runs.best_golden(connection, _golden_set())
    return gate.decide(found.candidate.before, found.candidate.after, best=best, overruling=overruling), True


def _figures(found: Outcome, decision: Decision) -> dict[str, Any]:
    before, after = found.candidate.before, found.candidate.after
    counts = {"taught": len(found.lesson.taught), "held_out": len(found.lesson.held_out)}
    golden = {"golden_set": _golden_set(), "golden_before": before.golden_accuracy(), "shadow": found.shadow}
    golden["data"] = {"snapshot": found.lesson.snapshot, **found.lesson.composition}
    judged = {"champion": before.figures(), "candidate": after.figures(), "checks": [*map(asdict, decision.checks)]}
    return {"promoted": decision.promote, "parent": found.champion.version, **counts, **golden, **judged}


def _golden_set() -> str:
    return data.snapshot(data.read(data.GOLDEN))[:12]


def _postpone(desk: Desk, claimed: Claim, check: Check) -> None:
    """Too few labels to judge by: they stay fresh and wait for more."""
    figures = {"promoted": False, "held_out": int(check.figure), "checks": [asdict(check)]}
    decision = f"kept: {check.detail}"
    with transaction(desk.database) as connection:
        claims.finish(connection, claimed, decision=decision, figures=figures, model_version=None, at=desk.clock.now())


def _champion(connection: Connection) -> Champion:
    found = models.champion(connection)
    if found is None:
        raise ArtifactError("there is no champion to train further; run `bearometer models prepare`")
    return found
