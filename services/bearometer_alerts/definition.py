"""A rule as people write it, in YAML or JSON, and what is wrong with one."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from bearometer_alerts.rule import DRIFT, LEVELS, SPIKE, Kind, Levels, Rule
from bearometer_shared.errors import UserError

# What no glob needs, but regular expressions are made of. A bar between blanks is part of a topic's name.
_REGULAR = re.compile(r"^\^|\$$|\\|\(\?|\.\+|^\.\*|\S\|\S|\)[*+]|\]\+")
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
Number = Annotated[float, Field(strict=False)]  # YAML 1.1 reads 1e-4, without a point, as text
Chance = Annotated[Number, Field(gt=0, lt=1)]


def _glob(text: str) -> str:
    if _REGULAR.search(text):
        raise ValueError(f"{text!r} looks like a regular expression; only globs are known: * ? [abc]")
    return text


Glob = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_glob)]


class Written(BaseModel):
    """Base of what is written: nothing unknown, no number in quotes."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Thresholds(Written):
    """Tail probabilities below which it is severe, and so on."""

    watch: Chance = LEVELS["watch"]
    elevated: Chance = LEVELS["elevated"]
    severe: Chance = LEVELS["severe"]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.watch > self.elevated > self.severe:
            raise ValueError("watch must be above elevated, and that above severe")
        return self

    def levels(self) -> Levels:
        return self.watch, self.elevated, self.severe


class Definition(Written):
    """A rule. What is left out is that of the built-in rule of its kind, but for the keys, which must be named."""

    name: Name
    kind: Kind = "spike"
    enabled: bool = True
    dimensions: list[Literal["all", "topic", "ticker", "source", "sector", "watchlist"]] = Field(default_factory=list)
    keys: Annotated[list[Glob] | None, Field(min_length=1, max_length=1000)] = None
    watchlists: list[Name] = Field(default_factory=list)
    levels: Thresholds | None = None
    window: Annotated[int | None, Field(ge=5, le=7 * 1440)] = None
    half_life: Annotated[Number | None, Field(ge=1, le=8760)] = None
    minimum: Annotated[int | None, Field(ge=1, le=1_000_000)] = None
    sources: Annotated[int | None, Field(ge=1, le=100)] = None
    hold: Annotated[int | None, Field(ge=0, le=1440)] = None
    calm: Annotated[int | None, Field(ge=0, le=7 * 1440)] = None

    @model_validator(mode="after")
    def _names_keys(self) -> Self:
        if not self.dimensions and not self.watchlists:
            raise ValueError("it names no key: give dimensions or watchlists")
        return self

    def rule(self) -> Rule:
        base = DRIFT if self.kind == "drift" else SPIKE
        given = self.model_dump(exclude={"enabled", "levels"}, exclude_none=True)
        lists = {name: tuple(value) for name, value in given.items() if isinstance(value, list)}
        levels = {"levels": self.levels.levels()} if self.levels else {}
        return replace(base, **(given | lists | levels))

    def facts(self) -> dict[str, Any]:
        """What was written, but for whether it is on."""
        return self.model_dump(exclude={"enabled"}, exclude_unset=True)


def of_rule(rule: Rule) -> dict[str, Any]:
    """A rule in full, as it could be written."""
    said = {name: getattr(rule, name) for name in Definition.model_fields if name != "enabled"}
    said["levels"] = dict(zip(LEVELS, rule.levels, strict=True))
    return {name: list(value) if isinstance(value, tuple) else value for name, value in said.items() if value != ()}


def read(raw: object, where: str) -> Definition:
    """A definition from parsed YAML or JSON. Raises UserError that names the place, the rule, and each wrong field."""
    try:
        return Definition.model_validate(raw)
    except ValidationError as error:
        name = raw.get("name") if isinstance(raw, dict) else None
        rule = f"rule {name!r}" if name else "a rule without name"
        raise UserError("; ".join(f"{where}: {rule}: {_said(detail)}" for detail in error.errors())) from error


def _said(detail: Mapping[str, Any]) -> str:
    place = ".".join(str(part) for part in detail["loc"])
    said = detail["msg"].removeprefix("Value error, ")
    return f"{place}: {said}" if place else said
