"""Rules that label texts: plug-ins, functions that packages name under the entry points of `GROUP`.

One takes a text as the model reads it and returns `{"sentiment": …}`, `{"topic": …}`, both, or None where it has
nothing to say.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.metadata import entry_points

from bearometer_shared.errors import UserError
from bearometer_shared.storage.labels import Labelled
from bearometer_shared.storage.new_label import NewLabel
from bearometer_shared.storage.weak_labels import NewWeakLabel

GROUP = "bearometer.weak_labels"
Rule = Callable[[str], Mapping[str, str] | None]


def names() -> list[str]:
    """The rules that are installed."""
    return sorted(entry_points(group=GROUP).names)


def find(name: str) -> Rule:
    """A rule by its name. Raises UserError where there is none, or it cannot be loaded."""
    for entry in entry_points(group=GROUP, name=name):
        try:
            rule: Rule = entry.load()
        except (ImportError, AttributeError) as error:
            raise UserError(f"rule {name!r} cannot be loaded: {error}") from error
        return rule
    raise UserError(f"no rule {name!r}; installed: {', '.join(names())}")


def apply(name: str, rule: Rule, texts: Iterable[str]) -> list[NewWeakLabel]:
    """What a rule says of texts. Raises UserError where that is no label."""
    return [said for text in texts if (said := _ask(name, rule, text))]


def agreement(said: Sequence[NewWeakLabel], people: Mapping[str, Labelled]) -> tuple[int, int]:
    """On how many heads both a rule and people have a word, and on how many it is the same; `people` by text."""
    pairs = [(getattr(one, head), getattr(people[one.text], head)) for one in said for head in ("sentiment", "topic")]
    both = [rule == person for rule, person in pairs if rule and person]
    return len(both), sum(both)


def _ask(name: str, rule: Rule, text: str) -> NewWeakLabel | None:
    try:
        said = rule(text)
        if said is None:
            return None
        label = NewLabel(text, said.get("sentiment"), said.get("topic"), name)
    except Exception as error:  # a plug-in's own
        raise UserError(f"rule {name!r} on {text[:60]!r}: {type(error).__name__}: {error}") from error
    return NewWeakLabel(text, label.sentiment, label.topic)
