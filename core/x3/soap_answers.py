"""What a SOAP answer says, read from its XML (sage-x3.md 5.2); no decision is made here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_INFO, _ERROR = 1, 3
NO_REASON = "no reason given"


class NotSoap(ValueError):
    """The body is no readable answer of the web service."""


@dataclass(frozen=True, slots=True)
class SoapAnswer:
    """`status` 1 = ran, 0 = not done; texts of errors (type 3) and notes (1, 2); the result XML."""

    status: int
    errors: tuple[str, ...]
    notes: tuple[str, ...]
    result: etree._Element | None
    total_duration_ms: str = ""

    def field(self, name: str, group: str = "") -> str | None:
        """The trimmed text of the first FLD of that name and group; None when there is none."""
        if self.result is None:
            return None
        for parent in self.result.iter("GRP"):
            if group and parent.get("ID") != group:
                continue
            for field in parent.iterchildren("FLD"):
                if field.get("NAME") == name:
                    return (field.text or "").strip()
        return None

    def group_of(self, name: str) -> str:
        """The id of the group that holds a field; empty when none does."""
        groups = self.result.iter("GRP") if self.result is not None else ()
        for group in groups:
            if any(field.get("NAME") == name for field in group.iterchildren("FLD")):
                return group.get("ID") or ""
        return ""

    def lines(self) -> list[dict[str, str]]:
        """The rows of a list answer as trimmed texts by field name."""
        rows = self.result.iterchildren("LIN") if self.result is not None else ()
        return [
            {
                field.get("NAME") or "": (field.text or "").strip()
                for field in row.iterchildren("FLD")
            }
            for row in rows
        ]


def parse_answer(body: bytes) -> SoapAnswer:
    """The answer in a SOAP body.

    Raises:
        NotSoap: it is no XML, holds a DOCTYPE or a Fault, or has no status.
    """
    root = _parsed(body)
    if root is None or etree.QName(root).localname != "Envelope":
        raise NotSoap("the answer is no SOAP envelope that can be taken")
    fault = next(_named(root, "Fault"), None)
    if fault is not None:
        raise NotSoap(f"the web service reports a fault: {_child_text(fault, 'faultstring')}")
    status_element = next(_named(root, "status"), None)
    returned = status_element.getparent() if status_element is not None else None
    if status_element is None or returned is None:
        raise NotSoap("the answer has no status")
    status = _number(status_element.text)
    if status is None:
        raise NotSoap("the answer's status is no number")
    errors, notes = _messages(root, returned, status)
    return SoapAnswer(
        status=status,
        errors=errors,
        notes=notes,
        result=_result(_child_text(returned, "resultXml")),
        total_duration_ms=next((e.text or "" for e in _named(root, "totalDuration")), ""),
    )


def has_fault(body: bytes) -> bool:
    """Whether a body is XML with a SOAP Fault."""
    root = _parsed(body)
    return root is not None and next(_named(root, "Fault"), None) is not None


def _parsed(body: bytes) -> etree._Element | None:
    """The root of a document without entities, network or DOCTYPE; None when it is none."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(body.strip(), parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    if root is None or root.getroottree().docinfo.internalDTD is not None:
        return None
    return root


def _result(text: str) -> etree._Element | None:
    """The document inside `resultXml`; its declaration may name a coding it no longer has."""
    inner = _DECLARATION.sub("", text.lstrip("\ufeff"), count=1).strip()
    return _parsed(inner.encode()) if inner else None


def _messages(
    root: etree._Element, returned: etree._Element, status: int
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Errors and notes; each message stands inline or behind an `href` to a `multiRef`."""
    by_id = {f"#{element.get('id')}": element for element in root.iter("{*}*") if element.get("id")}
    errors: list[str] = []
    notes: list[str] = []
    for holder in returned.iterchildren("{*}messages"):
        array = by_id.get(holder.get("href") or "", holder)
        for item in array.iterchildren("{*}*"):
            message = by_id.get(item.get("href") or "", item)
            text = _child_text(message, "message").strip()
            kind = _number(_child_text(message, "type"))
            if kind is None:
                kind = _INFO if status else _ERROR
            (errors if kind >= _ERROR else notes).append(text or NO_REASON)
    return tuple(errors), tuple(notes)


def _named(root: etree._Element, name: str) -> Iterator[etree._Element]:
    return root.iter(f"{{*}}{name}")


def _child_text(parent: etree._Element, name: str) -> str:
    child = next(parent.iterchildren(f"{{*}}{name}"), None)
    return (child.text or "") if child is not None else ""


def _number(text: str | None) -> int | None:
    stripped = (text or "").strip()
    return int(stripped) if re.fullmatch(r"-?[0-9]{1,9}", stripped) else None
