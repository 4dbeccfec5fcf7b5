"""The file of channels, and settings that are wrong: one clear line that names file, entry and field."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from bearometer_alerts.channels import configured
from bearometer_alerts.channels_file import read
from bearometer_shared.addresses import is_public
from bearometer_shared.errors import UserError
from bearometer_shared.settings import Settings

WHOLE = """
channels:
  - name: bus
    type: webhook
    url: https://hooks.example.com/a
    secret: ${BUS_SECRET}
  - name: metrics
    type: alertmanager
    url: http://alertmanager.example.com:9093
    allow_private_addresses: true
  - name: desk
    type: apprise
    url: mailto://user:${MAIL_PASSWORD}@example.com
    severities: [elevated, severe]
    dimensions: [ticker]
    keys: [ON, "HR*"]
    quiet: {zone: Europe/Zurich, from: 22:00, to: 06:30, days: [mon, tue]}
    digest: 30
"""
HOOK = "{name: a, type: webhook, url: https://hooks.example.com/a, secret: whsec_AAAA}"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BUS_SECRET", "whsec_AAAA")
    monkeypatch.setenv("MAIL_PASSWORD", "hidden")
    return tmp_path / "channels.yaml"


def test_a_whole_file_is_read_with_secrets_from_the_environment(file: Path) -> None:
    file.write_text(WHOLE)
    bus, metrics, desk = read(file)
    assert (bus.name, metrics.type, metrics.allow_private_addresses) == ("bus", "alertmanager", True)
    assert desk.url.get_secret_value() == "mailto://user:hidden@example.com"
    assert desk.keys == ("ON", "HR*")  # YAML's own reading of ON is true
    assert desk.quiet
    assert (desk.quiet.begin.hour, desk.quiet.end.minute) == (22, 30)  # and of 22:00, 1320
    assert "hidden" not in repr(desk)
    assert [one.to for one in (bus, metrics, desk)] == ["hooks.example.com", "alertmanager.example.com", "mailto"]


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("{name: a, type: pager}", r"channel 1 \(a\): type: .*'pager'"),
        ("{type: webhook}", "channel 1: name: Field required"),
        ("text", "channel 1: type: "),
        ("{name: A b, type: apprise, url: x}", r"channel 1 \(A b\): name: "),
        ("{name: a, type: webhook, url: ftp://x, secret: whsec_AAAA}", "url: not an http or https address"),
        ("{name: a, type: webhook, url: https://x, secret: whsec_!}", "secret: needed with a webhook"),
        ("{name: a, type: apprise, url: 'x://${NOT_SET}'}", "url: the environment has no NOT_SET"),
        ("{name: a, type: apprise, url: x, severity: severe}", "severity: Extra inputs"),
        ("{name: a, type: apprise, url: x, severities: [bad]}", "severities.*: Input should be 'watch'"),
        ("{name: a, type: apprise, url: x, dimensions: [tickers]}", "dimensions.*: no dimension 'tickers'"),
        ("{name: a, type: apprise, url: x, digest: often}", "digest: Input should be a valid integer"),
        (
            "{name: a, type: apprise, url: x, quiet: {zone: Mars/Base, from: 1:00, to: 2:00}}",
            "quiet.zone: no time zone",
        ),
        (
            "{name: a, type: apprise, url: x, quiet: {zone: UTC, from: 25:00, to: 2:00}}",
            "quiet.from: not a time of day",
        ),
        ("{name: kafka, type: webhook, url: https://x, secret: whsec_AAAA}", "kafka: name: there is another"),
        (f"{HOOK}, {HOOK}", "channel a: name: there is another channel of this name"),
        ("{name: a, type: apprise, url: 'slak://hidden'}", "channel a: url: apprise does not know"),
    ],
)
def test_a_mistake_names_file_entry_and_field_and_no_secret(file: Path, entry: str, said: str) -> None:
    file.write_text(f"channels: [{entry}]")
    with pytest.raises(UserError, match=rf"channels\.yaml: .*{said}") as raised:
        read(file)
    assert "hidden" not in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("content", ["", "- a", "channels: {a: b}", "channels: []\nmore: x", "channels: [", "a: \xff"])
def test_what_is_no_file_of_channels_is_said_so(file: Path, content: str) -> None:
    file.write_bytes(content.encode("latin-1"))
    with pytest.raises(UserError, match=r"channels\.yaml: (must hold|not YAML)"):
        read(file)


def test_a_file_that_is_missing_is_said_so(file: Path) -> None:
    with pytest.raises(UserError, match=r"channels\.yaml: No such file"):
        configured(Settings(channels=file))


def test_the_settings_of_one_webhook_go_on_working_beside_a_file(file: Path) -> None:
    file.write_text("channels: [{name: other, type: alertmanager, url: https://x}]")
    settings = Settings(
        webhook_url="https://hooks.example.com/a", webhook_secret=SecretStr("whsec_AAAA"), channels=file
    )
    assert [one.channel.name for one in configured(settings)] == ["kafka", "webhook", "other"]
    file.write_text(f"channels: [{HOOK.replace('a,', 'webhook,', 1)}]")
    with pytest.raises(UserError, match="channel webhook: name: there is another"):
        configured(settings)


@pytest.mark.parametrize(
    ("url", "secret", "named"),
    [
        ("https://hooks.example.com/a", None, "SECRET"),
        ("https://hooks.example.com/a", "", "SECRET"),
        ("https://hooks.example.com/a", "whsec_!", "SECRET"),
        ("ftp://hooks.example.com/a", "whsec_AAAA", "URL"),
        ("hooks.example.com", "whsec_AAAA", "URL"),
    ],
)
def test_a_webhook_that_is_set_wrongly_is_one_clear_line_at_the_start(url: str, secret: str | None, named: str) -> None:
    settings = Settings(webhook_url=url, webhook_secret=None if secret is None else SecretStr(secret))
    with pytest.raises(UserError, match=f"BEAROMETER_WEBHOOK_{named}"):
        configured(settings)


def test_without_a_channel_of_people_only_the_topic_hears() -> None:
    assert [one.channel.name for one in configured(Settings(webhook_url=""))] == ["kafka"]


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "fe80::1%eth0", "::ffff:10.0.0.1", "224.0.0.1"]
)
def test_addresses_that_the_internet_cannot_reach_are_not_public(address: str) -> None:
    assert not is_public(address)


def test_public_addresses_are() -> None:
    assert is_public("93.184.215.14")
    assert is_public("2606:2800:21f:cb07:6820:80da:af6b:8b2c")
