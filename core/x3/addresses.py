"""Addresses of api1 and SOAP, and the re-basing of links that name X3's inner host."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import quote, unquote, urlsplit

from core.errors import Unreadable
from core.words import area

say = area(__name__)

_SAFE = {"representation": "$", "orderBy": ",;"}


class Addresses:
    """Builds and checks the URLs of one endpoint (sage-x3.md 3.1, 3.2); pure."""

    def __init__(self, base_url: str, endpoint: str) -> None:
        self.base_url = base_url.rstrip("/")
        self._prefix = urlsplit(self.base_url).path.rstrip("/")
        self._origin = self.base_url[: len(self.base_url) - len(self._prefix)]
        self._api = f"/api1/x3/erp/{quote(endpoint, safe='')}/"
        self._plain_api = f"/api1/x3/erp/{endpoint}/"

    def query(self, cls: str, parameters: Mapping[str, str]) -> str:
        """The `$query` of a class; every value is percent-encoded as UTF-8."""
        parts = (
            f"{name}={quote(text, safe=_SAFE.get(name, ''))}" for name, text in parameters.items()
        )
        return f"{self.base_url}{self._api}{quote(cls, safe='')}?{'&'.join(parts)}"

    def details(self, cls: str, key: Sequence[str], representation: str) -> str:
        """The `$details` of a record; key parts are encoded, then joined with `~`."""
        joined = "~".join(quote(part, safe="").replace("~", "%7E") for part in key)
        name = quote(representation, safe="")
        return (
            f"{self.base_url}{self._api}{quote(cls, safe='')}('{joined}')"
            f"?representation={name}.$details"
        )

    def prototype(self, cls: str, representation: str) -> str:
        """The description of a `$query` facet."""
        name = quote(representation, safe="")
        return f"{self.base_url}{self._api}{quote(cls, safe='')}/$prototypes('{name}.$query')"

    def endpoints(self) -> str:
        """The list of endpoints of the server, for set-up."""
        place = "/api1/syracuse/collaboration/syracuse/endPoints"
        return f"{self.base_url}{place}?representation=endPoints.$query&count=100"

    def soap(self, path: str) -> str:
        """The SOAP service."""
        return f"{self.base_url}{path}"

    def rebased(self, link: str) -> str:
        """A server's link on our own scheme, host and port, its path and query byte for byte.

        Raises:
            Unreadable: it does not lead into this endpoint's api1.
        """
        rest = link.partition("#")[0]
        if "://" in rest.partition("?")[0]:
            rest = rest.partition("://")[2]
            rest = rest[rest.find("/") :] if "/" in rest else "/"
        path = rest.partition("?")[0]
        if self._prefix and not path.startswith(f"{self._prefix}/"):
            rest, path = f"{self._prefix}{rest}", f"{self._prefix}{path}"
        inner = path[len(self._prefix) :]
        steps = unquote(path).replace("\\", "/").split("/")
        is_ours = inner.startswith((self._api, self._plain_api))
        if not is_ours or "." in steps or ".." in steps:
            raise Unreadable(
                "NET-01",
                say("x3_gave_a_link_that_leads_outside"),
                "x3",
                was_sent=True,
                title=say("the_answer_could_not_be_read"),
            )
        return f"{self._origin}{rest}"
