"""The colours of the page and of its chart, for light and dark; the one place that names them."""

from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Palette:
    """Named by use. Red is kept for what is bad: topics never wear it."""

    page: str
    panel: str
    line: str
    ink: str
    muted: str
    accent: str
    fill: str
    negative: str
    neutral: str
    positive: str
    severe: str
    elevated: str
    watch: str
    topics: tuple[str, ...]

    def severity(self, name: str) -> str:
        """The colour of an alert; muted for a severity that we don't know."""
        known = {"severe": self.severe, "elevated": self.elevated, "watch": self.watch}
        return known.get(name, self.muted)


LIGHT = Palette(
    page="#f3f4f6",
    panel="#ffffff",
    line="#dfe3e8",
    ink="#18202b",
    muted="#5f6b7a",
    accent="#1f5fae",
    fill="#1f5fae",
    negative="#b3261e",
    neutral="#5f6b7a",
    positive="#1b7a4b",
    severe="#b3261e",
    elevated="#b45309",
    watch="#7a6a14",
    topics=("#2f6db5", "#12857c", "#b07d12", "#7a56b3", "#5b8a2c", "#8c6d52"),
)

DARK = Palette(
    page="#0f141a",
    panel="#171e27",
    line="#2a3440",
    ink="#e4e9ef",
    muted="#93a0b0",
    accent="#7fb2f0",
    fill="#3a73b8",
    negative="#ff7a70",
    neutral="#93a0b0",
    positive="#5fc492",
    severe="#ff6b60",
    elevated="#f5974f",
    watch="#d8c05a",
    topics=("#6aa5e8", "#47bfb4", "#dcae4a", "#b294e6", "#9dc45f", "#c4a587"),
)


def variables() -> str:
    """CSS custom properties for every colour but the topics', following the system's light or dark."""
    return f":root {{ {_css(LIGHT)} }}\n@media (prefers-color-scheme: dark) {{ :root {{ {_css(DARK)} }} }}"


def _css(palette: Palette) -> str:
    named = {field.name: getattr(palette, field.name) for field in fields(palette) if field.name != "topics"}
    return " ".join(f"--{name}: {colour};" for name, colour in named.items())
