"""SOAP frames of the simulated X3: requests understood, answers written.

Source: wire contract 5.1 and 5.2. What an operation does is in ``x3_soap`` and ``x3_soap_save``.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from xml.sax.saxutils import escape, quoteattr

from lxml import etree

from core.sandbox.faults import Response

XML = {"content-type": "text/xml; charset=utf-8"}
ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
INFO, WARNING, ERROR = 1, 2, 3

_DOCTYPE = re.compile(rb"\s*(?:<\?.*?\?>|<!--.*?-->|\s)*<!DOCTYPE", re.DOTALL)
_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    f'<soapenv:Envelope xmlns:soapenv="{ENVELOPE}" '
    'xmlns:xsd="http://www.w3.org/2001/XMLSchema" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xmlns:soapenc="http://schemas.xmlsoap.org/soap/encoding/" '
    'xmlns:wss="http://www.adonix.com/WSS">\n'
)
_ENCODING = 'soapenv:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"'
_TECHNICAL = (
    '<technicalInfos xsi:type="wss:CAdxTechnicalInfos"><busy xsi:type="xsd:boolean">false</busy>'
    '<changeLanguage xsi:type="xsd:boolean">false</changeLanguage>'
    '<changeUserId xsi:type="xsd:boolean">false</changeUserId>'
    '<flushAdx xsi:type="xsd:boolean">false</flushAdx>'
    '<loadWebsDuration xsi:type="xsd:double">5</loadWebsDuration>'
    '<nbDistributionCycle xsi:type="xsd:int">-1</nbDistributionCycle>'
    '<poolDistribDuration xsi:type="xsd:double">3</poolDistribDuration>'
    '<poolEntryIdx xsi:type="xsd:int">14948</poolEntryIdx>'
    '<poolExecDuration xsi:type="xsd:double">31</poolExecDuration>'
    '<poolRequestDuration xsi:type="xsd:double">-1</poolRequestDuration>'
    '<poolWaitDuration xsi:type="xsd:double">0</poolWaitDuration>'
    '<processReport xsi:type="xsd:string" xsi:nil="true"/>'
    '<processReportSize xsi:type="xsd:int">-1</processReportSize>'
    '<reloadWebs xsi:type="xsd:boolean">false</reloadWebs>'
    '<resumitAfterDBOpen xsi:type="xsd:boolean">false</resumitAfterDBOpen>'
    '<rowInDistribStack xsi:type="xsd:int" xsi:nil="true"/>'
    '<totalDuration xsi:type="xsd:double">42</totalDuration>'
    '<traceRequest xsi:type="xsd:string"/><traceRequestSize xsi:type="xsd:int">0</traceRequestSize>'
    "</technicalInfos>"
)


class FrameError(ValueError):
    """The request is no SOAP request that can be read."""


@dataclass(frozen=True)
class SoapCall:
    """One request: operation, pool, publication, keys, payload text, list size, configuration."""

    operation: str
    pool: str = ""
    public_name: str = ""
    keys: dict[str, str] = field(default_factory=dict)
    payload: str = ""
    list_size: int = 20
    config: str = ""


@dataclass(frozen=True)
class Message:
    """One message of an answer."""

    text: str
    kind: int = ERROR


@dataclass(frozen=True)
class Result:
    """What an operation came to: ``xml`` None is status 0."""

    xml: str | None
    messages: tuple[Message, ...] = ()


def refused(text: str) -> Result:
    """Return the result of a refusal with one error message."""
    return Result(None, (Message(text),))


def parsed(text: str | bytes) -> "etree._Element":
    """Return the root element; no entity is resolved and nothing is fetched.

    Raises:
        FrameError: It is no XML, or it declares a document type.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    raw = (text.encode() if isinstance(text, str) else text).strip()
    try:
        root = etree.fromstring(raw, parser)
    except etree.XMLSyntaxError as error:
        raise FrameError(str(error)) from error
    if _DOCTYPE.match(raw):
        raise FrameError("document type declarations are not accepted")
    return root


def read_call(body: bytes) -> SoapCall:
    """Return the call in an envelope; any prefix, CDATA or escaped payload.

    Raises:
        FrameError: It is not a SOAP 1.1 request.
    """
    root = parsed(body)
    outer = root.find(f"{{{ENVELOPE}}}Body")
    if root.tag != f"{{{ENVELOPE}}}Envelope" or outer is None or len(outer) == 0:
        raise FrameError("no SOAP envelope with a body")
    asked = outer[0]
    context = _child(asked, "callContext")
    size = _text(asked, "listSize").strip()
    keys = _child(asked, "objectKeys")
    return SoapCall(
        operation=local_name(asked),
        pool=_text(context, "poolAlias") if context is not None else "",
        public_name=_text(asked, "publicName"),
        keys={
            _text(item, "key"): _text(item, "value") for item in (keys if keys is not None else ())
        },
        payload=_text(asked, "objectXml") or _text(asked, "inputXml"),
        list_size=int(size) if size.isdigit() else 20,
        config=_text(context, "requestConfig") if context is not None else "",
    )


def elements(parent: "etree._Element") -> "Iterable[etree._Element]":
    """Return the child elements; comments and the like are left out."""
    return parent.iterchildren("*")


def local_name(element: "etree._Element") -> str:
    """Return the tag without its namespace."""
    return etree.QName(element).localname


def answer(operation: str, result: Result, *, inline: bool = False) -> Response:
    """Return the HTTP answer; 200 for both outcomes."""
    status = 0 if result.xml is None else 1
    xml = (
        '<resultXml xsi:type="xsd:string" xsi:nil="true"/>'
        if result.xml is None
        else f'<resultXml xsi:type="xsd:string">{_cdata(result.xml)}</resultXml>'
    )
    messages, references = _messages(result.messages, inline=inline)
    text = (
        f"{_HEAD}<soapenv:Body><wss:{operation}Response {_ENCODING}>\n"
        f'<{operation}Return xsi:type="wss:CAdxResultXml">\n{messages}\n{xml}\n'
        f'<status xsi:type="xsd:int">{status}</status>\n{_TECHNICAL}\n'
        f"</{operation}Return></wss:{operation}Response>\n{references}"
        "</soapenv:Body></soapenv:Envelope>"
    )
    return Response(200, XML, text.encode())


def fault(text: str, code: str = "soapenv:Client") -> Response:
    """Return a SOAP fault, which travels with status 500."""
    body = (
        f"{_HEAD}<soapenv:Body><soapenv:Fault><faultcode>{code}</faultcode>"
        f"<faultstring>{escape(text)}</faultstring></soapenv:Fault></soapenv:Body>"
        "</soapenv:Envelope>"
    )
    return Response(500, XML, body.encode())


def field_xml(name: str, kind: str, value: object, menu: tuple[int, str] | None = None) -> str:
    """Return one ``FLD`` of a result; dates are given as ``YYYY-MM-DD``."""
    text = "" if value is None else str(value)
    if kind == "Date":
        text = text.replace("-", "")
    label = f'MENULAB={quoteattr(menu[1])} MENULOCAL="{menu[0]}" ' if menu else ""
    return f'<FLD {label}NAME="{name}" TYPE="{kind}">{escape(text)}</FLD>'


def group_xml(name: str, fields: Iterable[str]) -> str:
    """Return one ``GRP`` block."""
    return f'<GRP ID="{name}">{"".join(fields)}</GRP>'


def result_xml(content: str, attributes: str = "") -> str:
    """Return the whole result document."""
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<RESULT{attributes}>{content}</RESULT>'


def result_json(xml: str) -> str:
    """Return a result document as ``adxwss.optreturn=JSON`` asks for it: blocks by their ids.

    A grid is a list of lines, a list answer is one too.
    """
    root = parsed(xml)
    if root.get("DIM") is not None:
        return json.dumps([_fields(line) for line in elements(root)], ensure_ascii=False)
    blocks = {
        one.get("ID", ""): [_fields(line) for line in elements(one)]
        if local_name(one) == "TAB"
        else _fields(one)
        for one in elements(root)
    }
    return json.dumps(blocks, ensure_ascii=False)


def _fields(block: "etree._Element") -> dict[str, object]:
    return {
        one.get("NAME", ""): int(one.text)
        if one.get("TYPE") == "Integer" and one.text
        else one.text or ""
        for one in elements(block)
    }


def _messages(messages: tuple[Message, ...], *, inline: bool) -> tuple[str, str]:
    head = (
        f'<messages xsi:type="soapenc:Array" soapenc:arrayType="wss:CAdxMessage[{len(messages)}]"'
    )
    if not messages:
        return head + "/>", ""
    bodies = [f"<type>{one.kind}</type><message>{escape(one.text)}</message>" for one in messages]
    if inline:
        items = "".join(
            f'<messages xsi:type="wss:CAdxMessage">{body}</messages>' for body in bodies
        )
        return f"{head}>{items}</messages>", ""
    items = "".join(f'<messages href="#id{place}"/>' for place in range(len(bodies)))
    references = "".join(
        f'<multiRef id="id{place}" soapenc:root="0" {_ENCODING} xsi:type="wss:CAdxMessage">'
        f"{body}</multiRef>\n"
        for place, body in enumerate(bodies)
    )
    return f"{head}>{items}</messages>", references


def _cdata(text: str) -> str:
    return "<![CDATA[" + text.replace("]]>", "]]]]><![CDATA[>") + "]]>"


def _child(parent: "etree._Element", name: str) -> "etree._Element | None":
    for element in elements(parent):
        if local_name(element) == name:
            return element
    return None


def _text(parent: "etree._Element", name: str) -> str:
    element = _child(parent, name)
    return (element.text or "") if element is not None else ""
