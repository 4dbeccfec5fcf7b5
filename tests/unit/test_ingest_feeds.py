"""The file of feeds."""

from pathlib import Path

import pytest

from bearometer_ingest.feeds import Feed, listed
from bearometer_shared.errors import UserError


def test_addresses_comments_and_names_are_read(tmp_path: Path) -> None:
    file = tmp_path / "feeds"
    file.write_text("# ours\n\nhttps://www.example.com/rss?a=b\nThe Wire = http://wire.example:8080/x\n")
    assert listed(file) == [
        Feed("example.com", "https://www.example.com/rss?a=b"),
        Feed("The Wire", "http://wire.example:8080/x"),
    ]


def test_no_file_is_no_feeds() -> None:
    assert listed(None) == []


@pytest.mark.parametrize(
    "line", ["file:///etc/passwd", "wire=ftp://x/", "just words", "https://", "http://[bad/", "=http://x/"]
)
def test_a_wrong_line_is_the_users_mistake_by_number(tmp_path: Path, line: str) -> None:
    file = tmp_path / "feeds"
    file.write_text(f"https://example.com/\n{line}\n")
    with pytest.raises(UserError, match="line 2: not an http or https address"):
        listed(file)


def test_a_missing_file_is_the_users_mistake(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read"):
        listed(tmp_path / "none")
