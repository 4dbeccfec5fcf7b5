"""What the alert service counts for operators."""

from prometheus_client import Counter, Histogram

STEPS = Counter("bearometer_alert_steps", "Steps of alerts' lives", ["state"])
PASS_SECONDS = Histogram("bearometer_alert_pass_seconds", "Seconds that a look at every stream took")
NOTIFICATIONS = Counter("bearometer_notifications", "Attempts at delivery", ["channel", "outcome"])
