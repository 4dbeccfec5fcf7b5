"""Facts beside the point, which stand before or after the one that counts and carry figures of their own."""

import random

from bearometer_training.drills.persons import person

_SENTENCES = (
    "The group employs {n} people",
    "The figures are unaudited",
    "The report is published in English and Swedish",
    "A conference call begins at {h} pm",
    "The next report is due on {d} {m}",
    "The share is listed in {city}",
    "The annual meeting takes place on {d} {m}",
    "Head office is in {city}",
    "The board met on {d} {m}",
    "The number of shares is {n}",
    "Accounts follow IFRS",
    "The company has {h} sites",
    "Its fiscal year ends on {d} {m}",
    "The statement was signed in {city}",
    "The {office}, {person}, said {he} would comment on the call",
    "{Mr} {family} signed the report in {his} office in {city}",
    "{person}, {office}, presented the figures, {his} first since {m}",
    "Questions went to {person}, who said {he} had nothing to add",
)
_BEFORE = (
    "UPDATE {h}-",
    "BRIEF-",
    "* ",
    "RPT-",
    "Just in: ",
    "{m} {d} (wire) - ",
    "#earnings ",
    "{city}: ",
    "TABLE-",
    "{person}: ",
)
_AFTER = (
    " - {city}",
    " (adds details)",
    "; call at {h} pm",
    " - statement",
    " #stocks",
    " - filing",
    ", report on {d} {m}",
    " - source",
    ", {n} staff",
    ", says {office} {person}",
    ", {person} tells staff",
    ", {office} says in {his} letter",
    " - {Mr} {family}",
    ", {he} said",
)
_SENTENCE, _HEADLINE = 0.25, 0.15
_MONTHS = "January February March April May June July August September October November December"


def beside(text: str, city: str, rng: random.Random) -> str:
    """The text, or now and then the text with such a fact."""
    facts = {"n": f"{rng.randint(90, 90_000):,}", "h": str(rng.randint(1, 11)), "d": str(rng.randint(1, 28))}
    facts |= {"m": rng.choice(_MONTHS.split()), "city": city, **person(rng)}
    whole = text.endswith(".")
    if rng.random() >= (_SENTENCE if whole else _HEADLINE):
        return text
    if whole:
        aside = rng.choice(_SENTENCES).format(**facts) + "."
        return f"{aside} {text}" if rng.random() < 0.4 else f"{text} {aside}"
    return (
        rng.choice(_BEFORE).format(**facts) + text if rng.random() < 0.5 else text + rng.choice(_AFTER).format(**facts)
    )
