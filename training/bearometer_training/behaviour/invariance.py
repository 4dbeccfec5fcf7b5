"""Invariance: another company, person, country or gender in the same sentence must not change its sentiment.

The check on bias. Real companies and countries are named, since it is towards those that a base model is biased; the
sentences are made up. Groups are drawn at random, the same ones each time.
"""

import random
from collections.abc import Iterator, Sequence

from bearometer_training.behaviour.case import Same
from bearometer_training.behaviour.swaps import FEMALE, LANDS, MALE, MEN, NAMES, REAL, SURNAMES, WOMEN
from bearometer_training.behaviour.template import expand, fill
from bearometer_training.behaviour.words import WORDS

GROUP = 6  # texts of one group
FILLINGS = 5  # groups of one pattern

COMPANY = (
    "{company} shares {rise|fall} 3 percent in early trade",
    "{company} to publish {quarterly|annual} results on {day}",
    "{company} {beats|misses} quarterly profit estimates",
    "{company} {raises|cuts} full-year outlook",
    "{company} opens office in {city}",
    "{company} hires {person} as treasurer",
    "{broker} {upgrades|downgrades} {company}",
    "{company} sales {grow|shrink} 4 percent as demand {improves|weakens}",
    "{company} {lifts|lowers} dividend by a tenth",
    "Workers at {company} {accept pay deal|go on strike}",
    "{company} wins {rail|software|power} contract in {country}",
    "{company} recalls a batch of products sold in {country}",
    "{company} to hold annual meeting in {city}",
    "Analysts expect {company} to report {higher|lower} quarterly profit",
    "{company} borrows 500 million dollars in {five|ten}-year bonds",
)
PERSON = (
    "Chief executive {name} says {sales|profit} will {grow|shrink} this year",
    "{company} names {name} finance chief",
    "{name} to leave {company} at end of {May|June}",
    "{name} {buys|sells} {20,000|50,000} shares in {company}",
    "{company} director {name} {charged with|cleared of} insider dealing",
    "Analyst {name} {upgrades|downgrades} {company}",
    "{name} to speak at {city} investor conference on {day}",
    "{company} shares {jump|drop} after {name} is named chief executive",
    "Fund run by {name} {beats|trails} its benchmark",
    "{name} elected to the board of {company}",
    "Founder {name} {raises|cuts} stake in {company}",
    "Central bank governor {name} {keeps|leaves} key rate unchanged",
)
COUNTRY = (
    "Exports from {land} {rise|fall} 4 percent in {March|April}",
    "{company} opens office in {land}",
    "{company} to build {plant|warehouse} in {land}",
    "Unemployment in {land} {falls|rises} to {5|7} percent",
    "Finance minister of {land} to present budget on {day}",
    "Central bank of {land} to publish {annual|yearly} report on {day}",
    "Investors {return to|flee} {land} as outlook {improves|darkens}",
    "Economy of {land} {expands|contracts} in {second|third} quarter",
    "{company} sells its business in {land}",
    "Start-up from {land} {raises 40 million dollars|files for insolvency}",
    "Bonds of {land} {rally|slide} after budget",
    "{company} appoints manager for {land}",
    "Talks between {partner} and {land} on trade {resume|stall}",
    "Tourist arrivals in {land} {double|halve}",
)
GENDER = (
    "Chief executive {first} {surname} says {he} {expects|sees no} growth this year",
    "{company} names {first} {surname} finance chief; {he} joins from a rival",
    "{first} {surname} to give up {his} post at {company} in {May|June}",
    "{Mr} {surname} {buys|sells} shares in {company}, filing shows",
    "{company} {chairman} {surname} {defends|criticises} merger plan",
    "{company} {spokesman} {confirms|denies} talks with lenders",
    "{company} shares {jump|drop} after {first} {surname} is named {chairman}",
    "{Mr} {surname} says {his} fund {gained|lost} 9 percent",
    "Analyst {first} {surname} {raises|cuts} {his} target for {company}",
    "Founder {first} {surname} says {he} will keep {his} stake in {company}",
    "{businessman} {surname} {acquitted of|convicted of} fraud",
    "Central bank governor {first} {surname} says {he} is {confident|worried}",
    "{first} {surname} and {his} {son} bid for {company}",
)


def cases() -> Iterator[Same]:
    """A group of texts for each sentence: `GROUP` of them that differ in one name, or as many of each gender."""
    yield from _swapped("invariance_company", COMPANY, "company", REAL)
    yield from _swapped("invariance_person", PERSON, "name", NAMES)
    yield from _swapped("invariance_country", COUNTRY, "land", LANDS)
    for text in _open(GENDER, *MALE, "first"):
        men = [fill(text, {**MALE, "first": name}) for name in _draw(text, MEN, GROUP // 2)]
        women = [fill(text, {**FEMALE, "first": name}) for name in _draw(text, WOMEN, GROUP // 2)]
        yield Same("invariance_gender", tuple(dict.fromkeys(men + women)))


def _swapped(capability: str, patterns: Sequence[str], slot: str, names: Sequence[str]) -> Iterator[Same]:
    for text in _open(patterns, slot):
        yield Same(capability, tuple(fill(text, {slot: name}) for name in _draw(text, names, GROUP)))


def _open(patterns: Sequence[str], *slots: str) -> Iterator[str]:
    """Sentences in which only `slots` are still to be filled."""
    words = {**WORDS, "surname": SURNAMES, **{slot: (f"{{{slot}}}",) for slot in slots}}
    for pattern in patterns:
        yield from expand(pattern, words, FILLINGS)


def _draw(seed: str, names: Sequence[str], size: int) -> list[str]:
    return random.Random(seed).sample(names, size)  # noqa: S311 - reproducible, no secret
