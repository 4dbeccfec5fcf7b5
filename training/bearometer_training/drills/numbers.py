"""Figures as the world's desks write them: a style is drawn once for a text, so that its figures compare."""

import random
from dataclasses import dataclass

_SCALES = (" million", " billion", "m", "bn", " mn", " mln", " bln", "M", "B", " m", " bn")
_CURRENCIES = ("$", "EUR ", "€", "£", "GBP ", "USD ", "SEK ", "NOK ", "DKK ", "CHF ", "C$", "A$", "HK$", "R$", "PLN ")
_INDIAN = (" crore", " cr", " lakh", " lakh crore", " crores")
_WORDED = (" million euros", " mln euros", " billion yen", " bln yen", " trillion won", " million kronor", " bln yuan")
_CENTS = (" cents", "c", "p", " pence", " US cents", " euro cents", " öre", " paise")

# (before, after) of a figure, by unit.
_AFFIXES = {
    "money": (
        *((currency, scale) for currency in _CURRENCIES for scale in _SCALES),
        *((rupee, scale) for rupee in ("Rs ", "Rs. ", "₹", "INR ") for scale in _INDIAN for _ in range(3)),
        *((yen, scale) for yen in ("¥", "JPY ") for scale in (" billion", "bn", " million", " trillion", "tn") * 2),
        *(("", worded) for worded in _WORDED * 3),
    ),
    "share": (*(("", cents) for cents in _CENTS), *((c, "") for c in (*_CURRENCIES, "Rs ", "¥")), ("", " euro")),
    "price": tuple((c, "") for c in (*_CURRENCIES, "Rs ", "₹", "¥", "")),
    "percent": tuple(("", after) for after in ("%", "%", " pct", " percent", " per cent", " %")),
    "spread": (("", " basis points"), ("", "bp"), ("", " bps")),
    "points": (("", ""), ("", ""), ("", " points")),
    "count": (("", ""), ("", ""), ("", ""), ("", " thousand"), ("", "k"), ("", " million"), ("", " lakh")),
}
_CEILING = {"money": 9_999.0, "share": 400.0, "price": 9_999.0, "percent": 98.0, "spread": 900.0, "points": 39_999.0}
_LARGER = {" million": " billion", "m": "bn", " mln": " bln", " mn": " bn", "M": "B", " lakh": " crore"}
_STEP = {" lakh": 100}
_MANY = 990_000.0


@dataclass(frozen=True, slots=True)
class Style:
    """How a text writes its figures. `short`: 3.50 as 3.5; `climbs`: from a thousand millions on, in billions;
    `minus`: the sign's form before the currency, or nothing where it stands before the digits.
    """

    before: str
    after: str
    decimals: int
    separator: str = ","
    short: bool = False
    climbs: bool = False
    minus: str = ""

    def bare(self, value: float) -> str:
        """Digits alone."""
        digits = f"{value:,.{self.decimals}f}".replace(",", self.separator)
        return digits.rstrip("0").rstrip(".") if self.short and "." in digits else digits

    def full(self, value: float) -> str:
        """Digits with currency and unit."""
        if value < 0 and self.minus:
            return self.minus + self.full(-value)
        step = _STEP.get(self.after, 1_000)
        if self.climbs and abs(value) >= step:
            return f"{self.before}{value / step:,.2f}{_LARGER[self.after]}"
        return f"{self.before}{self.bare(value)}{self.after}"


def style(unit: str, rng: random.Random) -> Style:
    """A style for `money`, `share`, `price`, `percent`, `spread`, `points` or `count`."""
    before, after = rng.choice(_AFFIXES[unit])
    decimals = 0 if unit == "count" and not after.strip() else rng.choice((0, 1, 1, 1, 2))
    climbs = unit == "money" and after in _LARGER and rng.random() < 0.5
    separator = " " if before in ("SEK ", "NOK ") and rng.random() < 0.3 else rng.choice((",", ",", ",", ""))
    return Style(before, after, decimals, separator, rng.random() < 0.25, climbs, rng.choice(("", "-", "minus ")))


def ordered(unit: str, shape: Style, rng: random.Random) -> tuple[float, float]:
    """A smaller and a larger value that read differently: near or far apart, of like or unlike length."""
    ceiling = _MANY if unit == "count" and not shape.after else _CEILING.get(unit, 999.0)
    while True:
        low = round(10 ** rng.uniform(0, 4.6 if ceiling > 1e4 else 3.7), shape.decimals)
        gap = rng.choice((rng.uniform(0.002, 0.03), rng.uniform(0.03, 0.4), rng.uniform(0.2, 1.2), rng.uniform(1, 12)))
        high = round(low * (1 + gap), shape.decimals)
        if low < high <= ceiling and shape.full(low) != shape.full(high):
            return low, high
