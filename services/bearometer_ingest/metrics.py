"""What ingest counts for operators."""

from prometheus_client import Counter, Gauge

VISITS = Counter("bearometer_feed_visits", "Visits by outcome: read, broken, unchanged, failed", ["feed", "outcome"])
ITEMS = Counter("bearometer_feed_items", "Items of a feed that Kafka has acknowledged", ["feed"])
KNOWN = Counter("bearometer_feed_known_entries", "Entries read whose id was known, whatever their text", ["feed"])
REJECTED = Counter("bearometer_feed_rejected_entries", "Entries of a feed that are not news", ["feed"])
HELD = Gauge("bearometer_ingest_held_items", "Items that wait for Kafka's acknowledgement")
OUTAGES = Counter("bearometer_ingest_outages", "Times that Kafka did not take what was sent")
