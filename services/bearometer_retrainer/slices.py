"""Parts of the exam that could be forgotten while the whole looks well."""

from bearometer_retrainer.judgement import FRESH, PERIOD, Sets
from bearometer_training.answers import Answer

Places = list[tuple[str, int]]  # an answer's set, and its number there


def slices(sets: Sets) -> dict[str, Places]:
    """Where the answers of each slice are: each head of the golden rows, each topic, each period, each capability."""
    found: dict[str, Places] = {}
    for key, answers in sets.items():
        topics = {answer.text: answer.truth for answer in answers if answer.head == "topic"}
        for number, answer in enumerate(answers if key != FRESH else ()):
            names = [key if key.startswith(PERIOD) else f"{key} {answer.head}"]
            names += [f"topic {topics[answer.text]}"] if answer.text in topics else []
            for name in names:
                found.setdefault(name, []).append((key, number))
    return found


def pick(sets: Sets, places: Places) -> list[Answer]:
    """The answers that lie there."""
    return [sets[key][number] for key, number in places]
