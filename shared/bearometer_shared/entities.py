"""Who an item is about. For now the two unambiguous forms: `$AAPL` and `(NASDAQ: AAPL)`."""

import re

_CASHTAG = re.compile(r"(?<![\w$])\$([A-Z]{1,5}(?:\.[A-Z]{1,2})?)(?![\w$])")
_EXCHANGES = r"NYSE(?: American| Arca)?|NASDAQ|Nasdaq|AMEX|LSE|TSX|ASX|NSE|BSE|HKEX|SGX|OTC[A-Z]*"
_EXCHANGE = re.compile(rf"\((?:{_EXCHANGES})\s*:\s*([A-Z0-9]{{1,6}}(?:\.[A-Z]{{1,2}})?)\)")


def tickers(text: str) -> tuple[str, ...]:
    """Tickers named in a text, in order of appearance, each once."""
    found = [*_CASHTAG.finditer(text), *_EXCHANGE.finditer(text)]
    return tuple(dict.fromkeys(match.group(1) for match in sorted(found, key=lambda match: match.start())))
