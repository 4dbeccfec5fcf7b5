"""Half-supervised learning: what two versions agree on and are sure of, in texts that nobody has read (Lee 2013).

One model's own certainty would only teach it what it says already; a second one vetoes some of its mistakes.
"""

from collections.abc import Sequence
from pathlib import Path

from bearometer_retrainer.attempt import Desk
from bearometer_retrainer.lesson import Lesson, Recipe, with_weak
from bearometer_shared.storage import claims, models, runs, weak_labels
from bearometer_shared.storage.claims import Claim
from bearometer_shared.storage.models import Champion
from bearometer_shared.storage.session import transaction
from bearometer_training.answers import Scorer
from bearometer_training.data import Row

ITEMS = 2000  # of the newest: seconds of scoring for each version


def widened(desk: Desk, claimed: Claim, champion: Champion, lesson: Lesson, recipe: Recipe) -> Lesson:
    """The lesson with what the champion and its parent are sure of; as it is where the setting is off, or one of the
    two has no files. Stories that came in after the run was asked for are left out: a second attempt sees the same."""
    with transaction(desk.database) as connection:
        versions = [models.get(connection, version) for version in models.lineage(connection, champion.version)[:2]]
        locations = [row["location"] for row in versions if row and not row["pruned_at"]]
        if desk.ensemble is None or len(locations) < 2:
            return lesson
        asked = runs.get(connection, claimed.id)
        texts = weak_labels.unread(connection, asked["created_at"], ITEMS) if asked else []
    rows = desk.ensemble([desk.store.fetch(location) for location in locations], texts, recipe.sure)
    lesson = with_weak(lesson, "pseudo", rows, recipe)
    with transaction(desk.database) as connection:
        claims.note_data(connection, claimed, lesson.snapshot)
    return lesson


def of_folders(folders: Sequence[Path], texts: Sequence[str], sure: float) -> list[Row]:
    """What all artifacts in `folders` agree on with a probability of `sure` at least."""
    from bearometer_shared.inference.engine import Engine  # the model runtime, loaded by runs that want it

    return agreed([Engine.load(folder, device="cpu") for folder in folders], texts, sure)


def agreed(engines: Sequence[Scorer], texts: Sequence[str], sure: float) -> list[Row]:
    """Of each text the heads on which every engine says the same, and is sure of it; texts without any are left out."""
    scored = zip(*(engine.score(texts) for engine in engines), strict=True)
    rows = []
    for text, said in zip(texts, scored, strict=True):
        feels = _word([(score.sentiment, max(score.negative, score.neutral, score.positive)) for score in said], sure)
        about = _word([(score.topic, score.topic_p) for score in said], sure)
        if feels or about:
            rows.append(Row(text, feels, about))
    return rows


def _word(said: Sequence[tuple[str, int]], sure: float) -> str | None:
    """The one word of all, if each is sure; probabilities are in millionths."""
    words = {word for word, _ in said}
    return words.pop() if len(words) == 1 and all(share >= sure * 1_000_000 for _, share in said) else None
