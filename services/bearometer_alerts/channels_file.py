"""The file of channels: YAML, one entry a channel. A mistake is one line that names file, entry and field."""

import os
import re
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, TypeAdapter, ValidationError

from bearometer_alerts import apprise_channel
from bearometer_alerts.posting import address
from bearometer_alerts.subscription import Subscription
from bearometer_alerts.webhook import signer
from bearometer_shared.errors import UserError
from bearometer_shared.storage.triage import KAFKA

_REFERENCE = re.compile(r"\$\{([^}]*)\}")


def _filled(value: Any) -> Any:
    """With each `${NAME}` as the environment has it."""
    return _REFERENCE.sub(lambda found: _variable(found[1]), value) if isinstance(value, str) else value


def _variable(name: str) -> str:
    if not (value := os.environ.get(name)):
        raise ValueError(f"the environment has no {name}")
    return value


def _checked(check: Any) -> AfterValidator:
    def of(value: SecretStr) -> SecretStr:
        check(value.get_secret_value())
        return value

    return AfterValidator(of)


Secret = Annotated[SecretStr, BeforeValidator(_filled)]
Address = Annotated[Secret, _checked(address)]


class Entry(Subscription):
    """What every channel has. `allow_private_addresses` is this channel's own; Settings has one for all."""

    name: Annotated[str, Field(pattern="^[a-z0-9][a-z0-9_-]{0,62}$")]
    allow_private_addresses: bool = False

    @property
    @abstractmethod
    def to(self) -> str:
        """Where it goes, without anything secret."""


class WebhookEntry(Entry):
    """A signed webhook."""

    type: Literal["webhook"]
    url: Address
    secret: Annotated[Secret, _checked(signer)]

    @property
    def to(self) -> str:
        return address(self.url.get_secret_value()).host


class AlertmanagerEntry(Entry):
    """Prometheus Alertmanager, by the address before `/api/v2/alerts`."""

    type: Literal["alertmanager"]
    url: Address
    token: Secret = SecretStr("")

    @property
    def to(self) -> str:
        return address(self.url.get_secret_value()).host


class AppriseEntry(Entry):
    """An address of apprise."""

    type: Literal["apprise"]
    url: Secret

    @property
    def to(self) -> str:
        return self.url.get_secret_value().partition(":")[0]


AnyEntry = WebhookEntry | AlertmanagerEntry | AppriseEntry
_ENTRY: TypeAdapter[AnyEntry] = TypeAdapter(Annotated[AnyEntry, Field(discriminator="type")])


def read(path: Path, taken: Sequence[str] = ()) -> list[AnyEntry]:
    """The entries of a file; `taken` are names of channels from elsewhere. Raises UserError."""
    entries = [_entry(f"{path}: channel {place}", raw) for place, raw in enumerate(_list(path), 1)]
    names = [KAFKA, *taken]
    for entry in entries:
        if entry.name in names:
            raise UserError(f"{path}: channel {entry.name}: name: there is another channel of this name")
        names.append(entry.name)
    _check_apprise(path, [entry for entry in entries if isinstance(entry, AppriseEntry)])
    return entries


def _list(path: Path) -> list[Any]:
    try:
        # Everything stays text, and pydantic makes of it what a field wants: YAML itself would read the ticker ON as
        # true, and 22:00 as the number 1320.
        content = yaml.load(path.read_text(), Loader=yaml.BaseLoader)  # noqa: S506 - makes text, lists and mappings only
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: not YAML: {' '.join(str(error).split())}") from error
    match content:
        case {"channels": list() as entries, **others} if not others:
            return entries
    raise UserError(f"{path}: must hold `channels:` and a list, and nothing else")


def _entry(place: str, raw: Any) -> AnyEntry:
    named = f" ({raw['name']})" if isinstance(raw, Mapping) and raw.get("name") else ""
    try:
        return _ENTRY.validate_python(raw)
    except ValidationError as error:
        raise UserError("; ".join(f"{place}{named}: {mistake(one)}" for one in error.errors())) from error


def mistake(detail: Any) -> str:
    """One mistake of a model, by its field, without what was written there."""
    field = ".".join(str(part) for part in detail["loc"][1:]) or "type"
    return f"{field}: {detail['msg'].removeprefix('Value error, ')}"


def _check_apprise(path: Path, entries: Sequence[AppriseEntry]) -> None:
    good = apprise_channel.known([entry.url.get_secret_value() for entry in entries]) if entries else []
    for entry, is_good in zip(entries, good, strict=True):
        if not is_good:
            raise UserError(f"{path}: channel {entry.name}: url: apprise does not know such an address")
