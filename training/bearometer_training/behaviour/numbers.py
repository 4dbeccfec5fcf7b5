"""Numbers: which of two is the newer one, whether more of it is good, and when two are the same.

`{more}` and `{less}` are amounts, the former the larger; `{higher}` and `{lower}` are rates. Where no word says up or
down, exchanging them turns the sentiment round.
"""

from bearometer_training.behaviour.template import Words

AMOUNTS: Words = {
    "more": ("41", "47.5", "52", "63.8", "88"),
    "less": ("11.2", "14", "19.6", "23", "27"),
    "higher": ("8.4", "9.1", "9.7", "10.3", "11.8"),
    "lower": ("2.2", "2.9", "3.4", "4.1", "4.6"),
    "same": ("7.5", "12.4", "18", "26", "39.1"),
}
MORE_IS_GOOD = (
    "{company} {net profit|pretax profit} {more} million {euros|dollars} versus {less} million a year ago",
    "{company}'s {profit|net profit} {was|came to} {more} million euros, compared with {less} million a year earlier",
    "{company} Q{1|2|3|4} net profit ${more} mln vs ${less} mln",
    "{company} operating profit totalled EUR {more} mn, against EUR {less} mn in the corresponding period",
    "{company} earned {more} cents a share; analysts had forecast {less} cents",
    "{company} EPS {more} cents, consensus {less} cents",
    "{company} profit: {more} million. Expected: {less} million",
    "{company}'s operating margin {was|stood at} {higher} percent, after {lower} percent a year earlier",
    "{country}'s economy {grew|expanded} {higher} percent in the quarter; economists had forecast {lower} percent",
    "{company} sees {yearly|full-year} profit of {more} million, previous forecast {less} million",
    "{company} order book at {more} million {euros|dollars}, from {less} million a year ago",
)
LESS_IS_GOOD = (
    "{company} {net loss|pretax loss|operating loss} {more} million {euros|dollars} versus {less} million a year ago",
    "{company} loss per share {more} cents vs loss {less} cents",
    "{company} lost {more} cents a share; analysts had forecast a loss of {less} cents",
    "{company} Q{1|2|3|4} net loss ${more} mln vs loss ${less} mln",
    "{country}'s jobless rate {was|stood at} {higher} percent, after {lower} percent a year ago",
    "{bank}'s bad loans were {higher} percent of the total, compared with {lower} percent a year earlier",
    "{bank} sets aside {more} million for loan losses, a year ago {less} million",
)
POSITIVE = (
    "{company}'s {profit|net profit|pretax profit} {rose|climbed} to {more} million from {less} million",
    "{company} {sales|revenue} up {higher} percent{, profit doubles| and order book full}",
    "{company}'s loss {narrowed|shrank} to {less} million {euros|dollars} from {more} million",
    "{company} swings to profit of {less} million from loss of {more} million",
    "{company} loss per share narrower at {less} cents after {more} cents",
    "{country}'s jobless rate {fell|dropped} to {lower} percent from {higher} percent",
    "{company} lifts dividend to {more} cents from {less} cents",
    "{company} shares {rise|gain|climb} {higher} percent to {more} dollars",
    "{broker} raises {company} price target to {more} from {less}",
)
NEGATIVE = (
    "{company}'s {profit|net profit|pretax profit} {fell|dropped} to {less} million from {more} million",
    "{company} {sales|revenue} down {higher} percent{, profit halves| and orders cancelled}",
    "{company}'s loss {widened|grew} to {more} million {euros|dollars} from {less} million",
    "{company} swings to loss of {less} million from profit of {more} million",
    "{company} loss per share wider at {more} cents after {less} cents",
    "{country}'s jobless rate {rose|jumped} to {higher} percent from {lower} percent",
    "{company} cuts dividend to {less} cents from {more} cents",
    "{company} shares {fall|lose|drop} {higher} percent to {less} dollars",
    "{broker} cuts {company} price target to {less} from {more}",
)
NEUTRAL = (
    "{company}'s {sales|revenue} {unchanged|flat} at {same} million {euros|dollars}",
    "{company} net profit {same} million versus {same} million a year ago",
    "{company} EPS {same} cents, consensus {same} cents",
    "{company}'s operating margin {same} percent, as a year earlier",
    "{country}'s inflation rate {2.1|2.4|3.2} percent in {May|June|July}, same as the month before",
    "{company} keeps dividend at {same} cents",
    "{company} has {same} million shares outstanding, {filing|register} shows",
    "{company} shares close {unchanged|flat} at {same} dollars",
)
_TURN = {"{more}": "{less}", "{less}": "{more}", "{higher}": "{lower}", "{lower}": "{higher}"}


def _turned(pattern: str) -> str:
    return "".join(_TURN.get(part, part) for part in pattern.replace("}", "}\0").replace("{", "\0{").split("\0"))


PATTERNS = {
    "positive": (*POSITIVE, *MORE_IS_GOOD, *map(_turned, LESS_IS_GOOD)),
    "negative": (*NEGATIVE, *LESS_IS_GOOD, *map(_turned, MORE_IS_GOOD)),
    "neutral": NEUTRAL,
}
