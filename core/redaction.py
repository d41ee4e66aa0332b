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
_KEEP_ROTATING = 32
_SHORTEST_FRAGMENT = 8  # of base64: below it, chance hits are likely


class SecretRegister:
    """Thread-safe; once `register` has returned, `redact` takes the value out of every text."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lasting: set[str] = set()
        self._rotating: dict[str, None] = {}  # in order of age
        self._pattern: re.Pattern[str] | None = None

    def register(self, value: str, *, rotates: bool = False) -> None:
        """Remembers a secret in all the forms a text may hold it in; one under 4 signs is not.

        Of those that rotate (access tokens, renewed every few minutes) only the newest 32 are kept:
        the older ones are void, and a program that runs for weeks must not slow down.
        """
        if len(value) < SHORTEST:
            return
        with self._lock:
            if rotates:
                self._rotating.pop(value, None)
                self._rotating[value] = None
                for oldest in list(self._rotating)[:-_KEEP_ROTATING]:
                    del self._rotating[oldest]
            elif value in self._lasting:
                return
            else:
                self._lasting.add(value)
            values = self._lasting.union(self._rotating)
            found = {form for kept in values for form in _forms(kept) if len(form) >= SHORTEST}
            # The longest first: a form must not be cut by a shorter one inside it.
            ordered = sorted(
                (form for form in found if len(form) >= SHORTEST), key=len, reverse=True
            )
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
