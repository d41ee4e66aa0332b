"""The simulated CAdxWebServiceXmlCC: modify, run, save, query, read (wire contract, section 5).

The order of refusals is: sign-in (before), web services off, unreadable frame, pool, queue,
publication, operation, locks, then the operation's own checks.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from xml.sax.saxutils import escape

from core.sandbox import x3_documents, x3_soap_description, x3_soap_save
from core.sandbox.faults import Fault, Faults, Request, Response
from core.sandbox.state import Row, State
from core.sandbox.x3_classes import table, touch
from core.sandbox.x3_locks import is_locked
from core.sandbox.x3_soap_frame import (
    INFO,
    WARNING,
    FrameError,
    Message,
    Result,
    SoapCall,
    answer,
    elements,
    fault,
    field_xml,
    group_xml,
    local_name,
    parsed,
    read_call,
    refused,
    result_json,
    result_xml,
)
from core.sandbox.x3_wire import in_french, variants_of

MISSING = "721 : Record does not exist"
NO_SERVICES = "No web services accepted"
WRITES_AT_ONCE = 2
_LEVELS = {1: "Pending", 2: "Conflict", 3: "Delayed", 4: "Authorized to pay"}
_STATES = {1: "Pending", 2: "To validate", 3: "Validated"}
_NUMBER = re.compile(r'(<FLD NAME="NUM" TYPE="Char">)[^<]*(</FLD>)')
_SERVICE = "CAdxWebServiceXmlCC"
_OPERATIONS = ("modify", "run", "save", "query", "read", "getDescription")


@dataclass(frozen=True)
class _Work:
    """One call with what it works on."""

    state: State
    call: SoapCall
    variants: list[Fault]

    def has(self, kind: str) -> bool:
        return any(one.kind == kind for one in self.variants)


def operation_of(request: Request) -> str:
    """Return modify, run, save, soap_query, read, getDescription, wsdl, or other."""
    if request.path.startswith("/soap-wsdl/"):
        return "wsdl"
    try:
        operation = read_call(request.body).operation
    except FrameError:
        return "other"
    if operation == "query":
        return "soap_query"
    return operation if operation in _OPERATIONS else "other"


def handle(state: State, faults: Faults, request: Request) -> Response:
    """Answer one SOAP request; the caller holds the lock and commits."""
    if request.path.startswith("/soap-wsdl/"):
        return _wsdl(state)
    if request.method != "POST" or not request.path.endswith("/" + _SERVICE):
        return Response(404, {"content-type": "text/plain"}, b"Not found")
    variants = variants_of(state, faults, operation_of(request))
    kinds = {one.kind for one in variants}
    if "no_web_services" in kinds:
        return Response(500, {"content-type": "text/plain"}, NO_SERVICES.encode())
    try:
        call = read_call(request.body)
    except FrameError as error:
        return fault(f"Unreadable request: {error}")
    if "fault" in kinds:
        return fault("Internal error", "soapenv:Server")
    result = _varied(_result(_Work(state, call, variants), request.at_once), kinds)
    if "fault_after" in kinds:
        return fault("Internal error", "soapenv:Server")
    if "adxwss.optreturn=json" in call.config.lower() and "optreturn_ignored" not in kinds:
        text = None if result.xml is None else result_json(result.xml)
        result = Result(text, result.messages)
    return answer(call.operation, result, inline="message_inline" in kinds)


def _varied(result: Result, kinds: set[str]) -> Result:
    """Return the result as the variants will have it told; what was stored is stored."""
    xml, messages = result.xml, result.messages
    if xml is not None:
        if "warning_messages" in kinds:
            notes = (Message("PAM : Check the payment method", WARNING), Message("Done", INFO))
            messages = (*messages, *notes)
        if "error_message" in kinds:
            messages = (*messages, Message("Mail could not be sent"))
        if "no_number" in kinds:
            xml = _NUMBER.sub(r"\1\2", xml, count=1)
    elif "no_message" in kinds:
        messages = ()
    if "french" in kinds:
        messages = tuple(Message(in_french(one.text), one.kind) for one in messages)
    return Result(xml, messages)


def _result(work: _Work, at_once: int) -> Result:
    refusal = _not_served(work, at_once)
    if refusal:
        return refused(refusal)
    call = work.call
    kind = _publications(work.state)[call.public_name]
    if call.operation == "getDescription":
        return Result(x3_soap_description.description(work.state, call.public_name, kind))
    operation = _TABLE.get((kind, call.operation))
    if operation is None:
        return refused(f"Operation {call.operation} not available")
    try:
        return operation(work)
    except FrameError:
        return refused("Incorrect XML")


def _not_served(work: _Work, at_once: int) -> str:
    """Return why the call does not even reach its operation, or nothing."""
    call = work.call
    is_write = call.operation in ("modify", "run", "save")
    if call.pool not in work.state.get_value("x3.pools", ["AVIDPOOL"]):
        return f"No classic web service pool match to '{call.pool}'"
    if work.has("pool_busy") or (is_write and at_once > WRITES_AT_ONCE):
        return f"Pool '{call.pool}': request rejected"
    if call.operation not in _OPERATIONS:
        return f"Operation {call.operation} not available"
    if call.public_name not in _publications(work.state):
        return f"Unknown web service: {call.public_name}"
    if work.has("out_of_date"):
        return f"Web service {call.public_name} must be published again"
    if is_write and work.has("locked"):
        return "Locked record"
    if is_write and work.has("changed_elsewhere"):
        return "Change In Progress on another workstation"
    return ""


def _publications(state: State) -> dict[str, str]:
    default = {
        "AVIDPIH": "invoice",
        "AVIDPTH": "purchase",
        "AVIDPAZ": "items",
        "AVIDPAY": "payment",
    }
    chosen: dict[str, str] = state.get_value("x3.publications", default)
    return chosen


def fields_of(payload: str) -> dict[str, dict[str, str]]:
    """Return the fields of a ``PARAM`` document by block and name; grids are left out."""
    blocks: dict[str, dict[str, str]] = {}
    for group in elements(parsed(payload)):
        if local_name(group) == "GRP":
            block = blocks.setdefault(group.get("ID", ""), {})
            block.update({one.get("NAME", ""): (one.text or "").strip() for one in elements(group)})
    return blocks


def _invoice(work: _Work, number: str) -> Row | None:
    """Return the invoice if this publication's object knows it."""
    invoice = table(work.state, "PINVOICE").get(number)
    if invoice is None:
        return None
    kind = _publications(work.state)[work.call.public_name]
    is_purchase = invoice["PIHTYP"] != 0
    serves_both = work.state.get_value("x3.pih_serves_both", default=True)
    if kind == "invoice" and (serves_both or not is_purchase):
        return invoice
    return invoice if kind == "purchase" and is_purchase else None


def _modify(work: _Work) -> Result:
    number = work.call.keys.get("NUM", "").strip()
    if is_locked(work.state, "PINVOICE", number):
        return refused("Locked record")
    blocks = fields_of(work.call.payload)
    invoice = _invoice(work, number)
    if invoice is None:
        return refused(MISSING)
    group = work.state.get_value("x3.invoice_group", "BIS1_1")
    given = blocks.get(group, {})
    if "PAZ" in given:
        refusal = _level_refusal(work.state, invoice, given["PAZ"])
        if refusal:
            return refused(f"PAZ : {refusal}")
        invoice["PAZ"] = int(given["PAZ"])
        invoice["DPTCOD"] = given.get("DPTCOD", invoice.get("DPTCOD", ""))
    touch(work.state, "PINVOICE", invoice)
    work.state.count("x3.levels_set")
    return Result(_invoice_xml(work.state, invoice))


def _level_refusal(state: State, invoice: Row, text: str) -> str:
    if invoice["STA"] == x3_documents.POSTED:
        return "Field cannot be modified"
    if not text.isdigit() or int(text) not in _LEVELS:
        return "Incorrect value"
    if int(text) > state.get_value("x3.max_level", 4):
        return "Level not authorized"
    return ""


def _read(work: _Work) -> Result:
    invoice = _invoice(work, work.call.keys.get("NUM", "").strip())
    return refused(MISSING) if invoice is None else Result(_invoice_xml(work.state, invoice))


def _query_invoices(work: _Work) -> Result:
    number = work.call.keys.get("NUM", "").strip()
    invoice = _invoice(work, number) if number else None
    line = field_xml("NUM", "Char", number) if invoice else ""
    return Result(x3_soap_save.list_xml([line] if line else [], work.call.list_size))


def _invoice_xml(state: State, invoice: Row) -> str:
    group = state.get_value("x3.invoice_group", "BIS1_1")
    first = [
        field_xml(name, "Char", invoice[name]) for name in ("FCY", "PIVTYP", "NUM", "BPR", "CUR")
    ]
    first.append(field_xml("STA", "Integer", invoice["STA"], (509, _STATES[invoice["STA"]])))
    second = [
        field_xml("BPRVCR", "Char", invoice["BPRVCR"]),
        field_xml("BPRDAT", "Date", invoice["BPRDAT"]),
        field_xml("AMTATI", "Decimal", invoice["AMTATI"]),
        field_xml("PAZ", "Integer", invoice["PAZ"], (510, _LEVELS[invoice["PAZ"]])),
        field_xml("DPTCOD", "Char", invoice.get("DPTCOD", "")),
    ]
    blocks = (group_xml("BIS0_1", first), group_xml(group, second))
    return result_xml("".join(blocks) + _technical_group(invoice))


def _technical_group(row: Row) -> str:
    stamp = str(row["UPDDATTIM"]).replace("-", "").replace(":", "")
    return group_xml(
        "ADXTEC", [field_xml("WW_MODSTAMP", "Char", stamp), field_xml("WW_MODUSER", "Char", "WS")]
    )


def _run(work: _Work) -> Result:
    given = fields_of(work.call.payload).get("GRP1", {})
    number, level = given.get("NUM", ""), given.get("PAZ", "")
    code, text, changed = _told(work) or _set_levels(work.state, number, level, given)
    fields = [
        field_xml("NUM", "Char", number),
        field_xml("PAZ", "Integer", level),
        field_xml("TEXT", "Char", given.get("TEXT", "")),
        field_xml("RETCODE", "Integer", code),
        field_xml("RETMSG", "Char", text),
        field_xml("NBDUD", "Integer", changed),
    ]
    return Result(result_xml(group_xml("GRP1", fields)))


def _told(work: _Work) -> tuple[int, str, int] | None:
    """Return the code that a variant answers in place of any work."""
    for one in work.variants:
        if one.kind == "retcode":
            return int(one.args.get("code", 9)), str(one.args.get("text", "Other")), 0
    return None


def _set_levels(state: State, number: str, level: str, given: Row) -> tuple[int, str, int]:
    """Set the level of all open items that are not closed; return RETCODE, RETMSG, NBDUD."""
    invoice = table(state, "PINVOICE").get(number)
    if invoice is None:
        return 1, "No such invoice", 0
    is_on = state.get_value("x3.flgpaz_on", default=True)
    highest = state.get_value("x3.max_level", 4)
    if not is_on or not level.isdigit() or not 1 <= int(level) <= min(highest, 4):
        return 4, "Level not allowed", 0
    items = x3_documents.items_of(state, number)
    if invoice["STA"] != x3_documents.POSTED or not items:
        return 2, "Not posted", 0
    items = [item for item in items if item["FLGCLE"] == x3_documents.OPEN]
    if not items:
        return 3, "All open items are closed", 0
    if is_locked(state, "GACCDUDATE", number):
        return 5, "Open item is locked", 0
    changed = 0
    for item in items:
        code = given.get("DPTCOD", item["DPTCOD"])
        if item["FLGPAZ"] != int(level) or item["DPTCOD"] != code:
            item["FLGPAZ"], item["DPTCOD"] = int(level), code
            touch(state, "GACCDUDATE", item)
            changed += 1
    state.count("x3.levels_set")
    return 0, "", changed


def _wsdl(state: State) -> Response:
    base = escape(state.get_value("x3.internal_base", "https://x3app01.internal:8124"))
    path = f"/soap-generic/syracuse/collaboration/syracuse/{_SERVICE}"
    operations = "".join(
        f'<wsdl:operation name="{name}"><wsdl:input message="wss:{name}Request"/>'
        f'<wsdl:output message="wss:{name}Response"/></wsdl:operation>'
        for name in _OPERATIONS
    )
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<wsdl:definitions '
        'xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" '
        'xmlns:wsdlsoap="http://schemas.xmlsoap.org/wsdl/soap/" '
        'xmlns:wss="http://www.adonix.com/WSS" targetNamespace="http://www.adonix.com/WSS">'
        f'<wsdl:portType name="{_SERVICE}">{operations}</wsdl:portType>'
        f'<wsdl:service name="{_SERVICE}Service"><wsdl:port name="{_SERVICE}" '
        f'binding="wss:{_SERVICE}SoapBinding"><wsdlsoap:address location="{base}{path}"/>'
        "</wsdl:port></wsdl:service></wsdl:definitions>"
    )
    return Response(200, {"content-type": "text/xml; charset=utf-8"}, text.encode())


def _save(work: _Work) -> Result:
    kinds = frozenset(one.kind for one in work.variants)
    return x3_soap_save.save(work.state, work.call, kinds)


def _read_payment(work: _Work) -> Result:
    return x3_soap_save.read(work.state, work.call)


def _query_payments(work: _Work) -> Result:
    how = "exact"
    for one in work.variants:
        if one.kind in ("query_start_value", "query_full"):
            how = one.kind
    return x3_soap_save.query(work.state, work.call, how)


_TABLE: dict[tuple[str, str], Callable[[_Work], Result]] = {
    ("invoice", "modify"): _modify,
    ("invoice", "read"): _read,
    ("invoice", "query"): _query_invoices,
    ("purchase", "modify"): _modify,
    ("purchase", "read"): _read,
    ("purchase", "query"): _query_invoices,
    ("items", "run"): _run,
    ("payment", "save"): _save,
    ("payment", "read"): _read_payment,
    ("payment", "query"): _query_payments,
}
