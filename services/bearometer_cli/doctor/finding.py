"""One thing that was looked for."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Finding:
    """`text` says what was found, or what its absence costs; `install` how to get it."""

    name: str
    ok: bool
    text: str
    install: str = ""
    essential: bool = False

    def line(self) -> str:
        hint = f"; {self.install}" if self.install and not self.ok else ""
        return f"{'ok' if self.ok else 'missing':<8} {self.name:<16} {self.text}{hint}"

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)
