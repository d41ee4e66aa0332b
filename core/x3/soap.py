"""The exact bytes of SOAP requests (sage-x3.md 5); pure: the same input gives the same bytes.

Documents are built from elements, so no value can break out of its place. What an answer means is
in `core.x3.soap_answers`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

from lxml import etree

from core.domain.money import Money
from core.ports import Allocation, PaymentPosting
from core.x3.profile import Profile
from core.x3.transport import X3Connection

ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
ENCODING = "http://schemas.xmlsoap.org/soap/encoding/"
XSD = "http://www.w3.org/2001/XMLSchema"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
WSS = "http://www.adonix.com/WSS"

CONFLICT = 2  # menu 510: the level a dispute code goes with
_TEXT_LENGTH = 80  # Char(80) of the open item publication
_GRID_ROWS = 200
_NAMESPACES = {"soapenv": ENVELOPE, "soapenc": ENCODING, "xsd": XSD, "xsi": XSI, "wss": WSS}
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")

Pairs = Iterable[tuple[str, str]]


class SoapEncoder:
    """`ErpEncoder` for one profile and one connection, and the requests of look-up and set-up."""

    def __init__(self, connection: X3Connection, profile: Profile) -> None:
        self._connection = connection
        self._soap = profile.soap
        self._lookup_size = profile.limits.lookup_size
        self._invoice_group = connection.invoice_group or profile.soap.invoice.group

    def approval_unposted(self, number: str, level: int, dispute: str, *, second: bool) -> bytes:
        """`modify` of an invoice's PAZ; `second` = the purchase invoice publication."""
        fields = [("PAZ", str(level)), *_dispute(level, dispute)]
        parameters = [
            _keys("NUM", number),
            _xml("objectXml", [_group(self._invoice_group, fields)]),
        ]
        return self._request("modify", self._invoice_publication(second=second), parameters)

    def approval_posted(self, number: str, level: int, text: str, dispute: str) -> bytes:
        """`run` that sets the level of all open items of an invoice; `text` is cut to 80 signs."""
        fields = [("NUM", number), ("PAZ", str(level)), ("TEXT", text[:_TEXT_LENGTH])]
        group = _group(self._soap.open_item.group, [*fields, *_dispute(level, dispute)])
        publication = self._connection.open_item_publication
        return self._request("run", publication, [_xml("inputXml", [group])])

    def payment(self, posting: PaymentPosting) -> bytes:
        """`save` of a payment; X3 gives the number.

        Raises:
            ValueError: an amount has more decimals than its currency.
        """
        options = self._soap.payment
        header = [
            ("ACCDAT", _day(posting.date)),
            ("REF", posting.reference),
            ("BAN", posting.bank),
            ("CUR", posting.currency),
            ("AMTCUR", Money.of(posting.amount, posting.currency).text),
        ]
        if options.send_check_number and posting.check_number:
            header.append(("CHQNUM", posting.check_number))
        if options.send_description and posting.description:
            header.append(("DES", posting.description))
        blocks = [
            _group("PAY0_1", [("NUM", "")]),
            _group("PAY1_1", [("FCY", posting.site), ("BPR", posting.partner)]),
            _group("PAY1_2", header),
            self._grid(posting.allocations),
        ]
        publication = self._connection.payment_publication
        return self._request("save", publication, [_xml("objectXml", blocks)])

    def payment_query(self, reference: str) -> bytes:
        """`query` for payments with this REF."""
        size = _typed("listSize", "xsd:int", str(self._lookup_size))
        parameters = [_keys("REF", reference), size]
        return self._request("query", self._connection.payment_publication, parameters)

    def invoice_read(self, number: str, *, second: bool) -> bytes:
        """`read` of an invoice, for set-up: it shows which block holds PAZ."""
        publication = self._invoice_publication(second=second)
        return self._request("read", publication, [_keys("NUM", number)])

    def description(self, publication: str) -> bytes:
        """`getDescription` of a publication, for set-up: it shows that X3 serves it."""
        return self._request("getDescription", publication, [])

    def _invoice_publication(self, *, second: bool) -> str:
        if second:
            return self._connection.purchase_invoice_publication
        return self._connection.invoice_publication

    def _grid(self, allocations: tuple[Allocation, ...]) -> etree._Element:
        size = str(len(allocations))
        grid = etree.Element(
            "TAB", ID="PAY1_4", DIM=str(max(_GRID_ROWS, len(allocations))), SIZE=size
        )
        options = self._soap.payment
        for number, allocation in enumerate(allocations, start=1):
            line = etree.SubElement(grid, "LIN", NUM=str(number))
            fields = [("DENCOD", options.attribute)] if options.attribute else []
            fields += [("VCRTYP", allocation.doc_type), ("VCRNUM", allocation.doc_number)]
            if options.send_due_line and allocation.due_line is not None:
                fields.append(("DUDLIG", str(allocation.due_line)))
            fields += [
                ("FCYLIN", allocation.site),
                ("CURLIN", allocation.currency),
                ("AMTLIN", Money.of(allocation.amount, allocation.currency).text),
            ]
            _fill(line, fields)
        return grid

    def _request(self, operation: str, publication: str, parameters: list[etree._Element]) -> bytes:
        envelope = etree.Element(f"{{{ENVELOPE}}}Envelope", nsmap=_NAMESPACES)
        etree.SubElement(envelope, f"{{{ENVELOPE}}}Header")
        body = etree.SubElement(envelope, f"{{{ENVELOPE}}}Body")
        call = etree.SubElement(body, f"{{{WSS}}}{operation}")
        call.set(f"{{{ENVELOPE}}}encodingStyle", ENCODING)
        context = etree.SubElement(call, "callContext")
        context.set(f"{{{XSI}}}type", "wss:CAdxCallContext")
        for name, value in (
            ("codeLang", self._connection.language),
            ("poolAlias", self._connection.pool_alias),
            ("poolId", ""),
            ("requestConfig", self._soap.request_config),
        ):
            context.append(_typed(name, "xsd:string", value))
        call.append(_typed("publicName", "xsd:string", publication))
        call.extend(parameters)
        return etree.tostring(envelope, xml_declaration=True, encoding="UTF-8")


def _typed(name: str, kind: str, value: str) -> etree._Element:
    element = etree.Element(name)
    element.set(f"{{{XSI}}}type", kind)
    if value:
        element.text = _clean(value)
    return element


def _keys(name: str, value: str) -> etree._Element:
    """`objectKeys` with one key."""
    keys = etree.Element("objectKeys")
    keys.set(f"{{{XSI}}}type", "wss:ArrayOfCAdxParamKeyValue")
    keys.set(f"{{{ENCODING}}}arrayType", "wss:CAdxParamKeyValue[1]")
    pair = etree.SubElement(keys, "keys")
    pair.set(f"{{{XSI}}}type", "wss:CAdxParamKeyValue")
    pair.append(_typed("key", "xsd:string", name))
    pair.append(_typed("value", "xsd:string", value))
    return keys


def _xml(name: str, blocks: list[etree._Element]) -> etree._Element:
    """A parameter that carries a document of its own as text."""
    document = etree.Element("PARAM")
    document.extend(blocks)
    element = etree.Element(name)
    element.set(f"{{{XSI}}}type", "xsd:string")
    element.text = etree.CDATA(etree.tostring(document, encoding="unicode"))
    return element


def _group(group_id: str, fields: Pairs) -> etree._Element:
    group = etree.Element("GRP", ID=group_id)
    _fill(group, fields)
    return group


def _fill(parent: etree._Element, fields: Pairs) -> None:
    for name, value in fields:
        field = etree.SubElement(parent, "FLD", NAME=name)
        field.text = _clean(value)


def _dispute(level: int, code: str) -> list[tuple[str, str]]:
    """The dispute code, which goes with the conflict level only (sage-x3.md 10.18)."""
    return [("DPTCOD", code)] if code and level == CONFLICT else []


def _day(value: date) -> str:
    return f"{value:%Y%m%d}"


def _clean(value: str) -> str:
    """The text without characters that XML cannot hold or that X3 would not keep."""
    return _CONTROL.sub(" ", value)
