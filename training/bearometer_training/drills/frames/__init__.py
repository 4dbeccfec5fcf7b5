"""Sentence frames by kind and sentiment: `[a|b]` is a choice of words, `{slot}` a fact. All ours."""

from bearometer_training.drills.frames import direction, forecast, levels, partners, quotes, rivals, swing

KINDS = {
    "levels": levels.FRAMES,
    "direction": direction.FRAMES,
    "forecast": forecast.FRAMES,
    "swing": swing.FRAMES,
    "quotes": quotes.FRAMES,
    "rivals": rivals.FRAMES,
    "partners": partners.FRAMES,
}
