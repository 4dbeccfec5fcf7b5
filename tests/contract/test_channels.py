"""Every channel of people, over a real server: it delivers, names what it delivers, fails by type, and in time."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
from made_notices import AT, notification
from receivers import Receiver, http, smtp

from bearometer_alerts import digest
from bearometer_alerts.alertmanager import PATH, AlertmanagerChannel
from bearometer_alerts.apprise_channel import AppriseChannel
from bearometer_alerts.channel import Channel, NotDeliveredError
from bearometer_alerts.posting import Poster
from bearometer_alerts.webhook import WebhookChannel

SECRET = "whsec_" + "c2VjcmV0IG9mIHRoZSB0ZXN0IHJlY2VpdmVy"
MAIL = "mailto://127.0.0.1:{port}/?from=watch@example.com&to=desk@example.com&mode=insecure&rto=3600&cto=3600"
Make = Callable[..., Channel]


class Kind(NamedTuple):
    server: Any
    make: Callable[[int, bool, float], Channel]


def _poster(port: int, any_address: bool, deadline_s: float, path: str = "/hook") -> Poster:
    return Poster(f"http://127.0.0.1:{port}{path}", any_address=any_address, timeout_s=deadline_s)


def _mail(port: int, any_address: bool, deadline_s: float) -> Channel:
    return AppriseChannel("mail", MAIL.format(port=port), any_address=any_address, deadline_s=round(deadline_s))


KINDS = {
    "webhook": Kind(http, lambda *to: WebhookChannel("webhook", _poster(*to), SECRET)),
    "alertmanager": Kind(http, lambda *to: AlertmanagerChannel("alertmanager", _poster(*to, path=PATH))),
    "mail": Kind(smtp, _mail),
}


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> Kind:
    return KINDS[request.param]


@pytest.fixture
def receiver(kind: Kind) -> Iterator[Receiver]:
    with kind.server() as receiver:
        yield receiver


@pytest.fixture
def make(kind: Kind, receiver: Receiver) -> Make:
    def made(any_address: bool = True, deadline_s: float = 20) -> Channel:
        return kind.make(receiver.port, any_address, deadline_s)

    return made


def test_it_delivers_once_and_names_all_that_it_delivers(make: Make, receiver: Receiver) -> None:
    two = [notification(), notification(state="resolved", key="GRBN")]
    make().deliver([digest.merge(two)], AT)
    (message,) = receiver.got
    for one in two:
        assert str(one.id) in message
        assert one.payload["data"]["key"] in message


def test_a_refusal_is_not_delivered(make: Make, receiver: Receiver) -> None:
    receiver.refusing = True
    with pytest.raises(NotDeliveredError):
        make().deliver([notification()], AT)


def test_a_receiver_that_hangs_is_given_up_at_the_deadline(make: Make, receiver: Receiver) -> None:
    receiver.answering.clear()
    with pytest.raises(NotDeliveredError, match="took longer than 1 s"):
        make(deadline_s=1).deliver([notification()], AT)


def test_private_addresses_are_refused_before_anything_is_sent(make: Make, receiver: Receiver) -> None:
    with pytest.raises(NotDeliveredError, match=r"127\.0\.0\.1.* not a public address"):
        make(any_address=False).deliver([notification()], AT)
    assert receiver.got == []
