"""The scorer service: news.raw -> model -> Postgres -> news.scored."""

import threading

import structlog

from bearometer_scorer.dead_letters import DeadLetters
from bearometer_scorer.linking import Linking
from bearometer_scorer.loop import Scorer
from bearometer_scorer.rebase import Rebase
from bearometer_scorer.serving import Serving
from bearometer_shared.clock import SystemClock
from bearometer_shared.inference.engine import Engine
from bearometer_shared.inference.store import Store
from bearometer_shared.kafka.consumer import RealConsumer
from bearometer_shared.kafka.port import NEWS_RAW
from bearometer_shared.kafka.producer import RealProducer
from bearometer_shared.service import Stopping, run, serve_health
from bearometer_shared.settings import Settings
from bearometer_shared.storage.models import Champion
from bearometer_shared.storage.session import connect, follow, retrying

log = structlog.get_logger()
SWITCH_S = 2.0  # in which a loop that is not held up by an outage has begun another batch


def work(settings: Settings) -> None:
    stopping, clock, database = Stopping().on_signals(), SystemClock(), connect(settings)
    store = Store(settings)

    def load(champion: Champion) -> Engine:
        engine = Engine.load(store.fetch(champion.location), settings.threads)
        engine.check()
        return engine

    serving = Serving(database, load, clock, Rebase(database, clock), SWITCH_S)
    serve_health(settings, lambda: "" if serving.ready else "no model is loaded yet")
    log.info("scorer starts", kafka=settings.kafka, group=settings.group, instance=serving.instance)
    await_model(serving, clock, stopping)
    if stopping():
        return
    linking = Linking(database)
    retrying(linking.look, clock, stopping)
    producer = RealProducer(settings)
    scorer = Scorer(
        settings,
        RealConsumer(settings, NEWS_RAW, settings.group),
        producer,
        database,
        serving,
        DeadLetters(producer, clock, settings.dead_letter_share),
        clock,
        linking.current,
    )
    for name, look, every_s in (("serving", serving.look, 1.0), ("linking", linking.look, 5.0)):
        threading.Thread(target=follow, args=(look, stopping.event, every_s), daemon=True, name=name).start()
    try:
        while not stopping():
            scorer.step()
    finally:
        scorer.close()
        log.info("scorer has drained")


def await_model(serving: Serving, clock: SystemClock, stopping: Stopping) -> None:
    """Waits for a champion; says so once."""
    retrying(serving.look, clock, stopping)
    if not serving.ready:
        log.warning("no champion yet: `bearometer models prepare` makes the shipped one serve")
    while not serving.ready and not stopping.wait(1.0):
        retrying(serving.look, clock, stopping)


def main() -> None:
    """Console command `bearometer-scorer`."""
    run("scorer", work)
