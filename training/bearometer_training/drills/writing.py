"""One drill: a frame filled so that its text has the sentiment which was asked for."""

import random
import re
from dataclasses import dataclass

from bearometer_training.data import Row
from bearometer_training.drills import asides, facts, names, words
from bearometer_training.drills.frames.fates import fates
from bearometer_training.drills.subjects import COMPANY, PLACE, QUOTES, Subject, draw

_SIGNS = {"positive": 1, "neutral": 0, "negative": -1}
_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_SLOT = re.compile(r"\{(\w+)\}")
_PLACES = (
    "Norway Norwegian|Sweden Swedish|Finland Finnish|Denmark Danish|Germany German|France French|Italy Italian|"
    "Spain Spanish|Britain British|Ireland Irish|Poland Polish|India Indian|Japan Japanese|China Chinese|Korea Korean|"
    "Brazil Brazilian|Mexico Mexican|Canada Canadian|Australia Australian|Kenya Kenyan|Nigeria Nigerian|Egypt Egyptian|"
    "Turkey Turkish|Thailand Thai|Indonesia Indonesian|Chile Chilean|Portugal Portuguese|Greece Greek|Hungary Hungarian"
)
_CITIES = (
    "Oslo|Malmo|Turku|Leeds|Cork|Lyon|Turin|Bilbao|Porto|Essen|Graz|Basel|Ghent|Lodz|Brno|Pune|Chennai|Kolkata|Osaka|"
    "Nagoya|Busan|Dalian|Hanoi|Cebu|Perth|Durban|Lagos|Nairobi|Cairo|Izmir|Haifa|Dubai|Denver|Tampa|Boise|Calgary|"
    "Monterrey|Recife|Lima|Cordoba"
)
_PLACE_SHARE, _ENTITY_SHARE = 0.35, 0.34


@dataclass(frozen=True, slots=True)
class Drill:
    """A row with what made it: its kind, frame and subject, and the value of each slot that the text shows."""

    row: Row
    kind: str
    frame: str
    subject: Subject
    shown: dict[str, str]


def write(kind: str, frame: str, sentiment: str, rng: random.Random) -> Drill:
    """A drill from a frame that can have this sentiment."""
    names_, city = _owners(rng), rng.choice(_CITIES.split("|"))
    of_place = _is_of_place(frame, rng)
    owner = names_["place_noun" if of_place else "company"]
    subject = draw(_pool(frame, of_place), "{good_subject}" in frame or rng.random() < 0.5, rng)
    slots = names_ | {"who": owner, "whose": f"{owner}'s", "city": city} | _slots(subject, _SIGNS[sentiment], rng)
    slots["quote"] = subject.name.format_map(names_) if "{" in subject.name else ""
    chosen = _choose(frame, rng)
    text = _tidy(chosen.format_map(slots))
    text = text if of_place else asides.beside(text, city, rng)
    shown = {slot: slots[slot] for slot in _SLOT.findall(chosen)}
    parties = tuple((slots[slot], fate) for slot, fate in fates(frame).items())
    entities = parties or _entity(text, sentiment, slots, rng)
    label = sentiment if len({fate for _, fate in parties}) < 2 else None
    return Drill(Row(text, label, None, entities), kind, frame, subject, shown)


def _is_of_place(frame: str, rng: random.Random) -> bool:
    return "{place_noun}" in frame or ("{who" in frame and "{company}" not in frame and rng.random() < _PLACE_SHARE)


def _pool(frame: str, of_place: bool) -> list[Subject]:
    if "{quote}" in frame:
        return QUOTES
    return PLACE if of_place else COMPANY


def _owners(rng: random.Random) -> dict[str, str]:
    """Names for every slot of a party, no two alike; a country as noun and as adjective."""
    parties = ("company", "winner", "winner2", "loser", "loser2", "bystander", "bystander2", "broker")
    found = dict(zip(parties, names.companies(len(parties), rng), strict=True))
    noun, adjective = rng.choice(_PLACES.split("|")).split()
    return found | {"cashtag": names.cashtag(found["company"]), "place_noun": noun, "place": adjective}


def _slots(subject: Subject, sign: int, rng: random.Random) -> dict[str, str]:
    way = sign if subject.good else -sign
    return {
        "subject": subject.name,
        "good_subject": subject.name,
        "extreme": "high" if way > 0 else "low",
        **facts.figures(subject, sign, rng),
        **facts.results(sign, rng),
        **facts.ratings(sign, rng),
        **words.direction(way, subject.plural, rng),
        **words.moods(sign, rng),
        **words.times(rng),
    }


def _choose(frame: str, rng: random.Random) -> str:
    while (chosen := _CHOICE.sub(lambda found: rng.choice(found[1].split("|")), frame)) != frame:
        frame = chosen
    return frame


def _tidy(text: str) -> str:
    text = " ".join(re.sub(r"s's\b", "s'", text).split())
    return text[:1].upper() + text[1:]


def _entity(text: str, sentiment: str, slots: dict[str, str], rng: random.Random) -> tuple[tuple[str, str], ...]:
    """The company with the text's sentiment, in a third of the texts that name it."""
    named = [name for name in (slots["company"], slots["cashtag"][1:]) if name in text]
    return ((named[0], sentiment),) if named and rng.random() < _ENTITY_SHARE else ()
