"""Every setting, read from `BEAROMETER_*`, a `.env` file or a folder of secrets. Nothing is read at import.

While `bearometer up` runs, it keeps the addresses of its servers in HOME/addresses.env: commands in the same folder
find them there. The environment and `.env` come before it.
"""

import os
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from bearometer_shared.errors import UserError

ADDRESSES = "addresses.env"
Device = Literal["auto", "cpu", "cuda"]


class Settings(BaseSettings):
    """Addresses default to the servers that `bearometer up` starts; each can be pointed elsewhere."""

    model_config = SettingsConfigDict(env_prefix="BEAROMETER_", extra="ignore")

    # Where one machine keeps everything: servers' data, artifacts, logs.
    home: Path = Path(".bearometer")

    # Servers. Empty: `bearometer up` starts one of its own.
    kafka: str = ""
    database_url: SecretStr = SecretStr("")
    redis_url: SecretStr = SecretStr("")

    # Kafka clients, passed through as they are.
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER", "GSSAPI"] | None = None
    kafka_sasl_username: str | None = None
    kafka_sasl_password: SecretStr | None = None
    kafka_ssl_cafile: Path | None = None
    kafka_ssl_certfile: Path | None = None
    kafka_ssl_keyfile: Path | None = None
    kafka_partitions: int = Field(6, ge=1, description="partitions of a topic that is made by us")
    kafka_replication: int = Field(1, ge=1)

    # Ingest.
    feeds: Path | None = Field(None, description="a file of feed addresses, one a line")
    feed_interval_s: float = Field(60, gt=0)
    feed_max_bytes: int = Field(5_000_000, gt=0)
    feed_timeout_s: float = Field(10, gt=0)
    allow_private_addresses: bool = False

    # Scorer.
    group: str = "bearometer-scorer"
    batch_items: int = Field(256, ge=1, le=5000)
    threads: int | None = Field(None, ge=1, description="threads of the model; all cores by default")
    device: Device = Field("auto", description="where the model runs; auto: on an NVIDIA GPU if torch finds one")
    max_item_bytes: int = Field(8_000_000, description="larger records go to the dead letters")
    dead_letter_share: float = Field(0.5, gt=0, le=1, description="stop when this share of 200 records failed")
    session_timeout_s: float = Field(10, ge=6)

    # Time.
    lateness_s: int = Field(600, ge=0, description="how much later than the newest an item may be and still count")

    # Alerts.
    channels: Path | None = Field(None, description="a YAML file of the channels that people hear of alerts on")
    rules: Path | None = Field(None, description="a YAML file of rules: what is watched, and what is unusual")
    webhook_url: str | None = None
    webhook_secret: SecretStr | None = Field(None, description="whsec_... (Standard Webhooks)")
    tick_s: float = Field(1.0, gt=0, description="how often to look where no wake-up came")

    # Models and learning.
    store: str = Field("", description="artifact store, a folder or an fsspec address; default HOME/models")
    retrain_labels: int = Field(200, ge=1, description="fresh labels that start a run by themselves")
    retrain_every_h: float = Field(24, gt=0)
    pseudo_labels: bool = Field(False, description="learn, too, what two versions agree on in texts that nobody read")
    drift_alarms: float = Field(1, ge=0, description="false alarms a year of the tests for drift; 0: none is made")
    keep_models: int = Field(10, ge=1, description="newest models whose files stay in the store, beside those in use")
    retention_days: int = Field(90, ge=1)

    # HTTP.
    api_host: str = "127.0.0.1"
    api_port: int = Field(8700, ge=0, le=65535)
    api_url: str = "http://127.0.0.1:8700"
    api_token: SecretStr | None = Field(None, description="bearer token that every /v1 call must carry")
    dashboard_host: str = "127.0.0.1"
    dashboard_port: int = Field(8701, ge=0, le=65535)
    metrics_host: str = "127.0.0.1"
    metrics_port: int = Field(0, ge=0, le=65535, description="0: no metrics server in this process")

    log_format: Literal["text", "json"] = "text"
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @property
    def artifact_store(self) -> str:
        return self.store or str((self.home / "models").absolute())


@cache
def settings() -> Settings:
    """The process's settings, read once. Raises UserError naming each variable that is wrong."""
    home = Path(os.environ.get("BEAROMETER_HOME", ".bearometer"))
    extra: dict[str, Any] = {"_env_file": (home / ADDRESSES, ".env")}
    if secrets := os.environ.get("BEAROMETER_SECRETS_DIR"):
        extra["_secrets_dir"] = secrets
    try:
        return Settings(**extra)
    except ValidationError as error:
        raise UserError("; ".join(_line(detail) for detail in error.errors())) from error


def _line(detail: Any) -> str:
    return f"BEAROMETER_{'_'.join(map(str, detail['loc'])).upper()}: {detail['msg']}"
