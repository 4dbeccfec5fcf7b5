"""The channels of a service, as its settings and its file of channels say."""

from functools import partial
from typing import NamedTuple

from pydantic import ValidationError

from bearometer_alerts import channels_file, topic
from bearometer_alerts.alertmanager import PATH, AlertmanagerChannel
from bearometer_alerts.apprise_channel import AppriseChannel
from bearometer_alerts.channel import Channel
from bearometer_alerts.channels_file import AlertmanagerEntry, AnyEntry, AppriseEntry, WebhookEntry
from bearometer_alerts.posting import Poster
from bearometer_alerts.subscription import Subscription
from bearometer_alerts.topic import TopicChannel
from bearometer_alerts.webhook import WebhookChannel
from bearometer_shared.errors import UserError
from bearometer_shared.settings import Settings


class Configured(NamedTuple):
    """A channel, what it wants, and for people: its type and where it goes."""

    channel: Channel
    subscription: Subscription
    type: str
    to: str


def configured(settings: Settings) -> list[Configured]:
    """The topic always, the webhook of the settings, then those of the file. Raises UserError for what is wrong."""
    log = Configured(TopicChannel(partial(topic.connect, settings)), Subscription(), "kafka", "topic alerts")
    return [log, *(Configured(_channel(entry, settings), entry, entry.type, entry.to) for entry in _entries(settings))]


def _entries(settings: Settings) -> list[AnyEntry]:
    single = [_webhook(settings)] if settings.webhook_url else []
    listed = channels_file.read(settings.channels, [entry.name for entry in single]) if settings.channels else []
    return [*single, *listed]


def _webhook(settings: Settings) -> WebhookEntry:
    """The channel `webhook`, of the settings that there were before there was a file."""
    secret = settings.webhook_secret or ""
    try:
        return WebhookEntry.model_validate(
            {"name": "webhook", "type": "webhook", "url": settings.webhook_url, "secret": secret}
        )
    except ValidationError as error:
        field, message = error.errors()[0]["loc"][0], error.errors()[0]["msg"].removeprefix("Value error, ")
        raise UserError(f"BEAROMETER_WEBHOOK_{str(field).upper()}: {message}") from error


def _channel(entry: AnyEntry, settings: Settings) -> Channel:
    anywhere, url = settings.allow_private_addresses or entry.allow_private_addresses, entry.url.get_secret_value()
    match entry:
        case WebhookEntry():
            return WebhookChannel(entry.name, Poster(url, any_address=anywhere), entry.secret.get_secret_value())
        case AlertmanagerEntry():
            poster = Poster(url.rstrip("/") + PATH, any_address=anywhere)
            return AlertmanagerChannel(entry.name, poster, entry.token.get_secret_value())
        case AppriseEntry():
            return AppriseChannel(entry.name, url, any_address=anywhere)
