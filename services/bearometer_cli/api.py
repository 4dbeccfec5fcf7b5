"""The public API, read as any program would."""

from datetime import datetime, timedelta
from typing import Any

import httpx2

from bearometer_shared.clock import SystemClock
from bearometer_shared.errors import BearometerError
from bearometer_shared.settings import Settings

DAY_S = 86_400
SILENCE = timedelta(seconds=10)


class Api:
    """Calls to `/v1`. They raise BearometerError where it cannot be reached or refuses."""

    def __init__(self, configuration: Settings) -> None:
        token = configuration.api_token
        headers = {"Authorization": f"Bearer {token.get_secret_value()}"} if token else {}
        # It stands where the settings say: no proxy of the environment in between.
        self._http = httpx2.Client(base_url=configuration.api_url, headers=headers, timeout=10, trust_env=False)

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        try:
            response = self._http.get(f"/v1/{path}", params=query)
            response.raise_for_status()
        except httpx2.HTTPError as error:
            raise BearometerError(f"the API does not answer {path}: {error}") from error
        return dict(response.json())

    def stream(self, name: str) -> dict[str, Any] | None:
        """A stream's clock and how far alerts have looked; None while it has no item."""
        return next((item for item in self.get("streams")["items"] if item["name"] == name), None)

    def counts(self, stream: str, since: datetime, until: datetime) -> dict[str, int]:
        """Items of a stream between two times, in all and by sentiment."""
        query = {"from": since.isoformat(), "to": until.isoformat(), "step": DAY_S}
        series = self.get("trends", stream=stream, dimension="all", **query)["series"]
        points = [point for one in series for point in one["points"]]
        names = ("items", "negative", "neutral", "positive")
        return {name: sum(point[name] for point in points) for name in names}

    def models(self) -> dict[str, Any]:
        """The registry and the champion, with the scorers that live: each says every second what it serves."""
        found, now = self.get("models"), SystemClock().now()
        living = [one for one in found["servers"] if now - datetime.fromisoformat(one["seen_at"]) < SILENCE]
        return {**found, "servers": living}

    def champion_serves(self) -> bool:
        """Whether every living scorer serves the champion."""
        found = self.models()
        return bool(found["servers"]) and all(one["version"] == found["champion"] for one in found["servers"])
