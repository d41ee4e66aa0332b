"""What ``getDescription`` answers: the blocks and fields of a published object or subprogram.

The contract names the operation and leaves its text open; it is written here in the words of the
other results: blocks with their fields, each with its type, menu and length.
"""

from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

from core.sandbox.state import State
from core.sandbox.x3_soap_frame import result_xml


@dataclass(frozen=True)
class _Block:
    """A group of the screen, or a grid with so many lines; fields as ``NAME:type:length|menu``."""

    name: str
    fields: str
    lines: int = 0


_OBJECTS = {
    "invoice": ("GESBIS", "NUM"),
    "purchase": ("GESPIH", "NUM"),
    "items": ("SUBPROG", ""),
    "payment": ("GESPAY", "NUM REF"),
}
_TYPES = {"C": "Char", "I": "Integer", "D": "Date", "N": "Decimal", "M": "Integer"}
_PAYMENT = (
    _Block("PAY0_1", "NUM:C:20 STA2:M:689"),
    _Block("PAY1_1", "FCY:C:5 BPR:C:15"),
    _Block("PAY1_2", "ACCDAT:D REF:C:20 BAN:C:5 CUR:C:3 DES:C:30 CHQNUM:C:30 AMTCUR:N"),
    _Block(
        "PAY1_4", "DENCOD:C:5 VCRTYP:C:5 VCRNUM:C:20 DUDLIG:I FCYLIN:C:5 CURLIN:C:3 AMTLIN:N", 200
    ),
    _Block("PAY1_6", "TOTIMPUT:N RSTIMPUT:N"),
)
_ITEMS = (_Block("GRP1", "NUM:C:20 PAZ:I TEXT:C:80 RETCODE:I RETMSG:C:80 NBDUD:I"),)


def description(state: State, public_name: str, kind: str) -> str:
    """Return the description of a publication as a result document."""
    made, keys = _OBJECTS[kind]
    head = (
        f'<OBJECT NAME={quoteattr(public_name)} OBJECT="{made}" TYPE="{kind}"'
        f' KEYS="{keys}" OPERATIONS="{_operations(kind)}"/>'
    )
    blocks = "".join(_block(one) for one in _blocks(state, kind))
    return result_xml(head + blocks)


def _blocks(state: State, kind: str) -> tuple[_Block, ...]:
    if kind == "payment":
        return _PAYMENT
    if kind == "items":
        return _ITEMS
    group = state.get_value("x3.invoice_group", "BIS1_1")
    return (
        _Block("BIS0_1", "FCY:C:5 PIVTYP:C:5 NUM:C:20 BPR:C:15 CUR:C:3 STA:M:509"),
        _Block(group, "BPRVCR:C:20 BPRDAT:D AMTATI:N PAZ:M:510 DPTCOD:C:5"),
    )


def _operations(kind: str) -> str:
    if kind == "items":
        return "run"
    return "save read query" if kind == "payment" else "modify read query"


def _block(block: _Block) -> str:
    fields = "".join(_field(one) for one in block.fields.split())
    if block.lines:
        return f'<TAB ID="{block.name}" DIM="{block.lines}">{fields}</TAB>'
    return f'<GRP ID="{block.name}">{fields}</GRP>'


def _field(text: str) -> str:
    name, kind, *more = text.split(":")
    extra = ""
    if more:
        extra = f' MENULOCAL="{more[0]}"' if kind == "M" else f' LEN="{more[0]}"'
    return f'<FLD NAME="{name}" TYPE="{_TYPES[kind]}"{extra}/>'
