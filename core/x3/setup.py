"""What is asked of X3 at set-up and by `test`: whether this server fits the profile.

Only reads; nothing here is needed while documents are carried.
"""

from __future__ import annotations

from collections.abc import Iterable

from core.errors import ConfigError, RemoteRefused, Unreadable
from core.words import area
from core.x3.api1 import Api1Reader
from core.x3.fields import Field
from core.x3.profile import Entity
from core.x3.soap_writer import SoapWriter
from core.x3.transport import Wire

say = area(__name__)


class SetUp:
    """Checks of one endpoint; each raises the errors of a read when X3 cannot be asked."""

    def __init__(self, wire: Wire, reader: Api1Reader, writer: SoapWriter) -> None:
        self._wire = wire
        self._reader = reader
        self._writer = writer

    def check_paging(self) -> None:
        """Read `company` one by one (sage-x3.md 10.8).

        Raises:
            ConfigError: X3 has more companies and does not lead to them.
        """
        first = self._reader.rows("company", "", count=1).table
        links = first.get("$links")
        if isinstance(links, dict) and links.get("$next"):
            return
        more = self._reader.rows("company", "", count=2).table
        if len(more.get("$resources") or ()) > 1:
            why = say("x3_gives_one_company_of_several_and")
            raise ConfigError("CFG-01", why, "x3")

    def missing_properties(self, entity: str) -> tuple[str, ...] | None:
        """Required properties that the `$query` facet lacks; None when that cannot be told.

        Where X3 does not describe the facet, one row is read instead; no row tells nothing.
        """
        shape = self._wire.profile.entity[entity]
        present = self._present(entity)
        if present is None:
            return None
        wanted = (field for field in shape.fields if field.is_required)
        missing = [field.path.property_name for field in absent(wanted, present)]
        if shape.change_kind != "none" and shape.change not in present:
            missing.append(shape.change)
        return tuple(dict.fromkeys(missing))

    def unknown_fields(self, entity: str) -> tuple[Field, ...]:
        """Optional fields that X3 does not give; empty where it does not describe its facets."""
        shape = self._wire.profile.entity[entity]
        wanted = (field for field in shape.fields if not field.is_required)
        return absent(wanted, self._described(shape))

    def endpoints(self) -> tuple[str, ...]:
        """Names of the server's endpoints to choose from; empty when it does not tell them."""
        url = self._wire.addresses.endpoints()
        try:
            listed = self._wire.read(url, "endPoints", "endPoints").table.get("$resources")
        except (ConfigError, RemoteRefused, Unreadable):
            return ()  # a convenience: the person types the name instead
        rows = listed if isinstance(listed, list) else []
        names = (row.get("dataset") for row in rows if isinstance(row, dict))
        return tuple(name for name in names if isinstance(name, str) and name)

    def invoice_group(self, number: str, *, second: bool = False) -> str:
        """The screen block that holds PAZ, by reading this invoice over SOAP; empty = not found."""
        return self._writer.group_of_level(number, second=second)

    def _present(self, entity: str) -> set[str] | None:
        """The properties of the `$query` facet, or else of one row; None when there is no row."""
        present = self._described(self._wire.profile.entity[entity])
        if present is not None:
            return present
        rows = self._reader.rows(entity, "", count=1).table.get("$resources")
        if not isinstance(rows, list) or not rows or not isinstance(rows[0], dict):
            return None
        return set(rows[0])

    def _described(self, shape: Entity) -> set[str] | None:
        """The properties X3 names for the facet, None where it describes none."""
        url = self._wire.addresses.prototype(shape.cls, shape.representation)
        try:
            table = self._wire.read(url, shape.cls, shape.representation).table
        except (ConfigError, RemoteRefused, Unreadable):
            return None  # documented for other facets only [I]: the row tells instead
        properties = table.get("$properties")
        return set(properties) if isinstance(properties, dict) and properties else None


def absent(wanted: Iterable[Field], present: set[str] | None) -> tuple[Field, ...]:
    """The fields whose property is not there; none where `present` is not told."""
    if present is None:
        return ()
    return tuple(
        field
        for field in wanted
        if field.path.steps
        and not present & {field.path.property_name, f"{field.path.property_name}1"}
    )
