"""The register of live secret values, and the one function that takes them out of any text.

Whoever opens or receives a secret registers it before using it; logs, traces and support files pass
their text through `REGISTER`. Values are held in memory only.
"""

import base64
import json
import re
import threading
from collections.abc import Iterator
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

REPLACEMENT = "removed"
SHORTEST = 4  # a shorter value would blacken ordinary words
_SHORTEST_FRAGMENT = 8  # of base64: below it, chance hits are likely


class SecretRegister:
    """Thread-safe; once `register` has returned, `redact` takes the value out of every text."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._forms: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    def register(self, value: str) -> None:
        """Remembers a secret in all the forms a text may hold it in; one under 4 signs is not."""
        if len(value) < SHORTEST:
            return
        with self._lock:
            self._forms.update(form for form in _forms(value) if len(form) >= SHORTEST)
            # The longest first: a form must not be cut by a shorter one inside it.
            ordered = sorted(self._forms, key=len, reverse=True)
            self._pattern = re.compile("|".join(map(re.escape, ordered)))

    def redact(self, text: str) -> str:
        """Returns the text with every registered value replaced by the word "removed"."""
        pattern = self._pattern
        return pattern.sub(REPLACEMENT, text) if pattern else text


def _forms(value: str) -> Iterator[str]:
    """Yields a value as itself and as JSON, XML, addresses, forms and base64 write it."""
    yield value
    yield json.dumps(value)[1:-1]
    yield json.dumps(value, ensure_ascii=False)[1:-1]
    yield escape(value)
    yield escape(value, {'"': "&quot;", "'": "&apos;"})
    for encode in (quote, quote_plus):
        for safe in ("", "/"):
            encoded = encode(value, safe=safe)
            yield encoded
            yield re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), encoded)
    yield repr(value)[1:-1]
    yield from _base64_forms(value.encode("utf-8"))


def _base64_forms(data: bytes) -> Iterator[str]:
    """Yields base64 of the value alone and the signs it always leaves inside a longer text.

    HTTP Basic encodes ``user:password`` as one, so the value may begin at any of three places.
    """
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        alone = encode(data).decode("ascii")
        yield alone
        yield alone.rstrip("=")
        for before in range(3):
            encoded = encode(bytes(before) + data).decode("ascii").rstrip("=")
            start = (before * 8 + 5) // 6
            end = (before + len(data)) * 8 // 6
            if end - start >= _SHORTEST_FRAGMENT:
                yield encoded[start:end]


#: The register of this process.
REGISTER = SecretRegister()
