"""What a SOAP answer says, read from its XML (sage-x3.md 5.2); no decision is made here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from core.words import area

say = area(__name__)

_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
# What no XML may hold and X3 leaves in texts: raw control characters, and references to them.
_CONTROL = re.compile(
    rb"[\x00-\x08\x0b\x0c\x0e-\x1f]"
    rb"|&#(?:x0*(?:[0-8bcef]|1[0-9a-f])|0*(?:[0-8]|1[124-9]|2[0-9]|3[01]));",
    re.IGNORECASE,
)
_BOM = b"\xef\xbb\xbf"
_INFO, _ERROR = 1, 3
NO_REASON = say("no_reason_given")


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
        NotSoap: it is no XML, holds a DOCTYPE or a Fault, has no status, or names a message that
            is not there although it reports success.
    """
    root = _parsed(body)
    if root is None or etree.QName(root).localname != "Envelope":
        raise NotSoap(say("the_answer_is_no_soap_envelope_that"))
    fault = next(_named(root, "Fault"), None)
    if fault is not None:
        raise NotSoap(
            say("the_web_service_reports_a_fault", child_text=_child_text(fault, "faultstring"))
        )
    status_element = next(_named(root, "status"), None)
    returned = status_element.getparent() if status_element is not None else None
    if status_element is None or returned is None:
        raise NotSoap(say("the_answer_has_no_status"))
    status = _number(status_element.text)
    if status is None:
        raise NotSoap(say("the_answers_status_is_no_number"))
    errors, notes = _messages(root, returned, status)
    return SoapAnswer(
        status=status,
        errors=errors,
        notes=notes,
        result=_result(_result_text(root, returned)),
        total_duration_ms=next((e.text or "" for e in _named(root, "totalDuration")), ""),
    )


def has_fault(body: bytes) -> bool:
    """Whether a body is XML with a SOAP Fault."""
    root = _parsed(body)
    return root is not None and next(_named(root, "Fault"), None) is not None


def _parsed(body: bytes) -> etree._Element | None:
    """The root of a document without entities, network or DOCTYPE; None when it is none.

    Raw control characters cost nothing but themselves, as they do in JSON (sage-x3.md 3.4).
    """
    body = body.strip().removeprefix(_BOM)
    for attempt in (body, _CONTROL.sub(b" ", body)):
        parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
        try:
            root = etree.fromstring(attempt, parser)
        except (etree.XMLSyntaxError, ValueError):
            continue
        is_plain = root is not None and root.getroottree().docinfo.internalDTD is None
        return root if is_plain else None
    return None


def _result(text: str) -> etree._Element | None:
    """The document inside `resultXml`; its declaration may name a coding it no longer has."""
    inner = _DECLARATION.sub("", text.lstrip("\ufeff"), count=1).strip()
    return _parsed(inner.encode()) if inner else None


def _messages(
    root: etree._Element, returned: etree._Element, status: int
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Errors and notes; each message stands inline or behind an `href` to a `multiRef`."""
    by_id = _targets(root)
    errors: list[str] = []
    notes: list[str] = []
    for holder in returned.iterchildren("{*}messages"):
        array = by_id.get(holder.get("href") or "", holder)
        items = list(array.iterchildren("{*}*"))
        for element in (array, *items):
            if status and element.get("href") and element.get("href") not in by_id:
                raise NotSoap(say("the_answer_names_a_message_that_is"))
        for item in items:
            message = by_id.get(item.get("href") or "", item)
            text = _child_text(message, "message").strip()
            kind = _kind(_child_text(message, "type"), status)
            (errors if kind >= _ERROR else notes).append(text or NO_REASON)
    return tuple(errors), tuple(notes)


def _kind(text: str, status: int) -> int:
    """The type of a message; one that is no number is none of the mild ones."""
    number = _number(text)
    if number is not None:
        return number
    return _ERROR if text.strip() or not status else _INFO


def _targets(root: etree._Element) -> dict[str, etree._Element]:
    """What an `href` may point to."""
    return {f"#{element.get('id')}": element for element in root.iter("{*}*") if element.get("id")}


def _result_text(root: etree._Element, returned: etree._Element) -> str:
    """The text of `resultXml`, inline or behind an `href`."""
    holder = next(returned.iterchildren("{*}resultXml"), None)
    if holder is None:
        return ""
    return _targets(root).get(holder.get("href") or "", holder).text or ""


def _named(root: etree._Element, name: str) -> Iterator[etree._Element]:
    return root.iter(f"{{*}}{name}")


def _child_text(parent: etree._Element, name: str) -> str:
    child = next(parent.iterchildren(f"{{*}}{name}"), None)
    return (child.text or "") if child is not None else ""


def _number(text: str | None) -> int | None:
    stripped = (text or "").strip()
    return int(stripped) if re.fullmatch(r"-?[0-9]{1,9}", stripped) else None
