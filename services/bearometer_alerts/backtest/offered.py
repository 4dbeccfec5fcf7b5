"""What the back-test offers to commands of other packages, under the entry point `bearometer.backtest`."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from bearometer_alerts.backtest import spikes
from bearometer_alerts.backtest.anomaly import anomalies
from bearometer_alerts.backtest.found import Alert
from bearometer_alerts.backtest.history import History, Scores
from bearometer_alerts.backtest.series import read
from bearometer_shared.entities import Entity
from bearometer_shared.storage.articles import ArticleRow
from bearometer_shared.wire import News


def scored(news: Iterable[News], engine: Scores, companies: Sequence[Entity] = ()) -> Iterator[list[ArticleRow]]:
    """News as the service would store it, in batches: what is late or repeated is left out."""
    return History(companies).scored(news, engine)


def alerts(rows: Sequence[ArticleRow]) -> list[Alert]:
    """What the service would have raised on scored rows, in order of firing. At least one row is needed."""
    history = History()
    history.count(rows)
    return spikes.alerts(history)


def anomaly_scores(series: Path) -> list[float]:
    """A score in [0, 1] for each row of a series of counts. Raises UserError where it cannot be read."""
    return [float(score) for score in anomalies(read(series)).scores]
