"""Words of direction, of time and of circumstance, drawn to suit a sign: more (1), less (-1) or the same (0)."""

import random

# past, third person singular, infinitive, -ing
_VERBS = {
    1: (
        "rose rises rise rising|climbed climbs climb climbing|increased increases increase increasing|"
        "jumped jumps jump jumping|surged surges surge surging|went up,goes up,go up,going up|"
        "picked up,picks up,pick up,picking up|swelled swells swell swelling|mounted mounts mount mounting|"
        "edged up,edges up,edge up,edging up|ticked up,ticks up,tick up,ticking up|"
        "shot up,shoots up,shoot up,shooting up|"
        "soared soars soar soaring|moved higher,moves higher,move higher,moving higher|leapt leaps leap leaping|"
        "grew grows grow growing|crept up,creeps up,creep up,creeping up|went higher,goes higher,go higher,going higher"
    ),
    -1: (
        "fell falls fall falling|dropped drops drop dropping|declined declines decline declining|"
        "decreased decreases decrease decreasing|slid slides slide sliding|sank sinks sink sinking|"
        "dipped dips dip dipping|shrank shrinks shrink shrinking|eased eases ease easing|"
        "went down,goes down,go down,going down|came down,comes down,come down,coming down|"
        "tumbled tumbles tumble tumbling|plunged plunges plunge plunging|slipped slips slip slipping|"
        "edged down,edges down,edge down,edging down|ticked down,ticks down,tick down,ticking down|"
        "moved lower,moves lower,move lower,moving lower|receded recedes recede receding|"
        "diminished diminishes diminish diminishing|dwindled dwindles dwindle dwindling"
    ),
}
_WORDS = {  # slot: for more, for less
    "noun": ("increase rise jump climb surge upturn", "decrease fall drop decline slide reduction"),
    "higher": ("higher increased rising larger growing", "lower reduced falling smaller shrinking"),
    "up": ("up higher", "down lower"),
    "above": ("above|higher than|ahead of|over|in excess of", "below|lower than|short of|under|less than"),
    "cuts": ("raises increases lifts pushes_up", "cuts reduces trims lowers brings_down"),
    "cut": ("raised increased lifted pushed_up", "cut reduced trimmed lowered brought_down"),
    "beat": ("beat topped exceeded surpassed outstripped", "missed undershot fell_short_of lagged trailed"),
    "beats": ("beats tops exceeds surpasses outstrips", "misses undershoots falls_short_of lags trails"),
    "arrow": ("▲ ↑ +", "▼ ↓ -"),
    "adverb": ("upwards higher", "downwards lower"),
}
_TREND = {
    1: (
        ("growth rise increase climb", "gathered_pace accelerated sped_up"),
        ("fall decline drop slide", "slowed eased"),
    ),
    -1: (
        ("growth rise increase climb", "slowed eased"),
        ("fall decline drop slide", "gathered_pace accelerated sped_up"),
    ),
}
_MOODS = {
    1: (
        "thanks to|helped by|supported by|lifted by",
        "strong demand|a better product mix|firm pricing|a busy season|brisk trade abroad|a mild winter|new contracts",
        "a weak market|soft demand|a strike|bad weather|a difficult first half|a power cut|a price war",
    ),
    -1: (
        "hurt by|weighed down by|owing to|on account of",
        "weak demand|a strike|bad weather|pressure on prices|a slow season|trouble at a supplier|idle plants",
        "a strong market|firm demand|a new plant|a good start to the year|price increases|a weaker currency",
    ),
}
_PERIODS = (
    "the third quarter|Q3|the first half|H1|the six months to June|the year to March|fiscal 2024|Q1|January-March|"
    "April-September|the nine months to September|the second quarter|Q2|the fourth quarter|Q4|the half-year|2023|FY23|"
    "the three months to end-December|the December quarter|the year ended 31 March|the opening quarter|the full year"
)
_AGO = (
    "a year ago|a year earlier|a year before|the year before|the previous year|last year|last time|"
    "the same period last year|"
    "the prior-year period|the corresponding quarter of last year|the comparable period|the preceding period|"
    "the previous quarter|three months earlier|twelve months earlier|the period before"
)
_PAIRS = (  # the newer, the older; `in` where they take it
    "in March,in February|in September,in August|in June,in May|in Q3,in Q2|in Q2,in Q1|in fiscal 2022,in fiscal 2021|"
    "in the third quarter,in the second quarter|in the latest quarter,in the one before|this year,last year|"
    "this quarter,last quarter|in October,in September|in FY22,in FY21|in H2,in H1|"
    "in the June quarter,in the March quarter|"
    "this week,last week|in the second half,in the first half|this time,last time|in the autumn,in the spring"
)


def _pick(options: str, rng: random.Random) -> str:
    separator = "|" if "|" in options else " "
    return rng.choice(options.split(separator)).replace("_", " ")


def direction(sign: int, plural: bool, rng: random.Random) -> dict[str, str]:
    """Words that say more or less, and grammar for the subject. Of sign 0, the grammar alone."""
    number = {"was": ("was", "were"), "is": ("is", "are"), "has": ("has", "have"), "s": ("s", "")}
    grammar = {slot: forms[plural] for slot, forms in number.items()}
    return grammar | (_moves(sign, plural, rng) if sign else {})


def _moves(sign: int, plural: bool, rng: random.Random) -> dict[str, str]:
    past, single, bare, running = _forms(rng.choice(_VERBS[sign].split("|")))
    words = {slot: _pick(pair[sign < 0], rng) for slot, pair in _WORDS.items()}
    words["a_noun"] = ("an " if words["noun"][0] in "aeiou" else "a ") + words["noun"]
    words["other_noun"] = _pick(_WORDS["noun"][sign > 0], rng)
    trend, pace = rng.choice(_TREND[sign])
    return words | {
        "moved": past,
        "moves": bare if plural else single,
        "move": bare,
        "moving": running,
        "trend": _pick(trend, rng),
        "pace": _pick(pace, rng),
    }


def _forms(verb: str) -> list[str]:
    return verb.split("," if "," in verb else " ")


def moods(sign: int, rng: random.Random) -> dict[str, str]:
    """Why it went so, and what spoke against it; either reads the other way to one who skips the verb."""
    by, cause, against = (_pick(options, rng) for options in _MOODS[sign or 1])
    return {"cause": f"{by} {cause}", "despite": f"despite {against}"}


def times(rng: random.Random) -> dict[str, str]:
    """A period and the one before it, in phrases (`in_now`) and bare (`now`)."""
    year = rng.randint(2004, 2025)
    years = f"in {year},in {year - 1}"
    newer, older = rng.choice((years, years, *rng.sample(_PAIRS.split("|"), 2))).split(",")
    phrases = {"in_now": newer, "in_then": older}
    bare = {slot[3:]: phrase.removeprefix("in ").removeprefix("the ") for slot, phrase in phrases.items()}
    period = _pick(_PERIODS, rng)
    return phrases | bare | {"period": period, "term": period.removeprefix("the "), "ago": _pick(_AGO, rng)}
