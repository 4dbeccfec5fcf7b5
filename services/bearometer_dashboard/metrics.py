"""What the dashboard counts, for /metrics."""

from prometheus_client import Gauge

PAGES = Gauge("bearometer_dashboard_pages", "Pages open in browsers")
STREAMING = Gauge("bearometer_dashboard_events_connected", "1 while the subscription to the API's events stands")
