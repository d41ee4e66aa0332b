"""Nodes of GraphQL as documents: as `core.x3.rows`, but with paths through other nodes.

A node that cannot be read raises `Unclear` naming the path; what it costs is its caller's.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from core.domain.documents import InvoiceLine
from core.x3.graphql_documents import ID, STAMP
from core.x3.profile import Profile
from core.x3.rows import Members, dimensions_reader, made, object_of
from core.x3.values import MISSING


class GraphRows:
    """Reads the nodes of one profile's entities; for any thread."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._members = Members(profile)
        self._read = {
            name: self._members.reader(shape.fields) for name, shape in profile.graphql.items()
        }
        line = profile.graphql["invoice_line"]
        self._dimensions = dimensions_reader(line.dimension_types, line.dimension_values)

    def document(self, entity: str, node: Any) -> Any:
        """The document of a node.

        Raises:
            Unclear: a required path is missing, or a value cannot be read.
        """
        row = object_of(node)
        members = self._read[entity](row)
        if self._profile.entity[entity].change_kind != "none":
            members["changed"] = self.changed(row)
        return made(entity, members)

    def changed(self, node: Any) -> datetime | None:
        """The change stamp of a node."""
        return self._members.stamp(object_of(node).get(STAMP, MISSING))

    def lines_by_invoice(self, nodes: Iterable[Any]) -> dict[str, list[InvoiceLine]]:
        """Lines under the numbers of their invoices, by line number."""
        found: dict[str, list[InvoiceLine]] = {}
        for node in nodes:
            row = object_of(node)
            members = self._read["invoice_line"](row)
            number = str(members.pop("invoice", ""))
            line = _with_tax(InvoiceLine(**members, dimensions=self._dimensions(row)))
            found.setdefault(number, []).append(line)
        for lines in found.values():
            lines.sort(key=lambda line: line.line or 0)
        return found

    def name(self, node: Any) -> str:
        """What a node is called where it cannot be read."""
        return str(node.get(ID, "")) if isinstance(node, dict) else ""


def _with_tax(line: InvoiceLine) -> InvoiceLine:
    """The line with its tax, which is gross less net where no amount is read (sage-x3.md 10.7)."""
    taxes = (line.tax_amount1, line.tax_amount2, line.tax_amount3)
    if line.net is None or line.gross is None or any(tax is not None for tax in taxes):
        return line
    return dataclasses.replace(line, tax_amount1=line.gross - line.net)
