"""What the tables share."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import Text


class Table(DeclarativeBase):
    """Base of every table. Text is unbounded, times carry a zone, whole numbers are 64 bits."""

    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy's own form
        str: Text,
        int: BigInteger,
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
        list[str]: ARRAY(Text),
    }
