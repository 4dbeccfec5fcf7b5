"""What every page wears: the colours and the style sheet."""

from pathlib import Path

from nicegui import ui

from bearometer_dashboard.palette import LIGHT, variables

STYLE = Path(__file__).with_name("style.css")


def dress() -> None:
    """Dresses the page that is being built."""
    ui.colors(primary="var(--fill)", positive=LIGHT.positive, negative=LIGHT.negative)
    ui.add_css(variables() + STYLE.read_text())
