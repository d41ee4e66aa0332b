"""The classes of the simulated api1: their properties, types, keys and children.

Source of the names is the wire contract, sections 2.2 to 2.5. Only descriptions are here.
"""

from dataclasses import dataclass, field
from typing import Any

from core.sandbox.state import Row, State, Table

MAIN_ENDPOINT = "SANDBOX"
CHANGE = "UPDDATTIM"

# C text, N decimal, I integer, M local menu, B yes/no menu, D date, S stamp, L texts, A decimals
Kinds = dict[str, str]

_DIMENSIONS = " ".join(f"DIE{n} CCE{n}" for n in range(1, 10))
_LINE = (
    "LIG:I COA:L ACC:L FCYLIN CPYLIN BPRLIN AMTNOTLIN:N AMTATILIN:N TAX1 TAX2 VAT AMTTAX1:N "
    "AMTTAX2:N AMTVAT:N DES QTY:Q UOM PURTYP:M DSP POHNUM POPLIN:I POQSEQ:I " + _DIMENSIONS
)
_ADDRESS = (
    "BPATYP:M BPANUM BPAADD BPADES BPAADDLIG:L POSCOD CTY SAT CRY CRYNAM TEL:L WEB:L BPAADDFLG:B "
    "UPDDATTIM:S"
)


def _kinds(text: str) -> Kinds:
    pairs = (word.partition(":") for word in text.split())
    return {name: kind or "C" for name, _, kind in pairs}


@dataclass(frozen=True)
class Child:
    """Rows shown inside a ``$details`` answer: of another class by a link, or of the row itself."""

    kinds: Kinds
    source: str = ""
    link: str = ""
    parent: str = ""
    where: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True)
class X3Class:
    """One class with the representation of the same name."""

    name: str
    keys: tuple[str, ...]
    query: Kinds
    details: Kinds = field(default_factory=dict)
    children: dict[str, Child] = field(default_factory=dict)

    def key_of(self, row: Row) -> str:
        """Return the record's key: its key fields joined by ``~``."""
        return "~".join(str(row.get(name, "")) for name in self.keys)


def _made(
    name: str,
    keys: str,
    query: str,
    details: str = "",
    children: dict[str, Child] | None = None,
) -> X3Class:
    return X3Class(name, tuple(keys.split()), _kinds(query), _kinds(details), children or {})


CLASSES: dict[str, X3Class] = {
    made.name: made
    for made in (
        _made(
            "BPSUPPLIER",
            "BPSNUM",
            "BPSNUM BPSNAM BPSSHO ENAFLG:B BSGCOD CUR PTE VACBPR BPRPAY BPAPAY BPSINV BPAADD "
            "PAYLOKFLG:B DOUFLG:M CRY CRN EECNUM UPDDATTIM:S",
            children={
                "ADDRESSES": Child(
                    _kinds(_ADDRESS), "BPADDRESS", "BPANUM", "BPSNUM", (("BPATYP", 1),)
                )
            },
        ),
        _made("BPADDRESS", "BPATYP BPANUM BPAADD", _ADDRESS),
        _made(
            "PINVOICE",
            "NUM",
            "NUM INVTYP:M PIHTYP:M PIVTYP GTE JOU CPY FCY BPR BPRSAC BPRPAY BPAPAY BPRVCR BPRDAT:D "
            "ACCDAT:D STRDUDDAT:D INVREF INVNUM CUR CURTYP:M RATDAT:D PTE DEP VAC AMTNOT:N "
            "AMTATI:N AMTNOTL:N AMTATIL:N NBRTAX:I STA:M PAZ:M TWMSTA:M SNS:I ACCNUM:I FIY:I PER:I "
            "CREDATTIM:S UPDDATTIM:S",
            "RATMLT:A RATDIV:A DES:L TAX:L BASTAX:A AMTTAX:A",
            {"PILLINES": Child(_kinds(_LINE), "BPSINVLIG", "NUM", "NUM")},
        ),
        _made("BPSINVLIG", "NUM LIG", "NUM " + _LINE + " UPDDATTIM:S"),
        _made(
            "GACCDUDATE",
            "TYP NUM LIG DUDLIG",
            "TYP NUM LIG:I DUDLIG:I NUMDUD ACCNUM:I CPY FCY BPR BPRTYP:M BPRPAY CUR SAC SNS:I "
            "DUDDAT:D PAM PAMTYP:M AMTCUR:N AMTLOC:N PAYCUR:N PAYLOC:N TMPCUR:N TMPLOC:N FLGPAZ:M "
            "DPTCOD DUDSTA:I FLGCLE:I PAYDAT:D UPDDATTIM:S",
        ),
        _made(
            "PAYMENTH",
            "NUM",
            "NUM PAYTYP CPY FCY BPR BPRTYP:M BAN CUR AMTCUR:N AMTBAN:N CURRAT:Q SNS:M ACCDAT:D "
            "DUDDAT:D VALDAT:D PAM REF DES CHQNUM STA:M UPDDATTIM:S",
            children={
                "PAYMENTD": Child(
                    _kinds(
                        "LIN:I DENCOD VCRTYP VCRNUM DUDNUM:I DUDLIG:I BPRLIN CURLIN AMTLIN:N FCYLIN"
                    )
                )
            },
        ),
        _made(
            "GACCOUNT",
            "COA ACC",
            "COA ACC DES DESSHO ACCSHO CLSCOD SAC ENAFLG:B CUR FCY VLYSTR:D VLYEND:D UPDDATTIM:S",
        ),
        _made("CACCE", "DIE CCE", "DIE CCE DES DESSHO ENAFLG:B FCY VLYSTR:D VLYEND:D UPDDATTIM:S"),
        _made(
            "PORDER",
            "POHNUM",
            "POHNUM CPY POHFCY BPSNUM ORDDAT:D ORDREF CUR PTE TOTORD:N TTVORD:N RCPFLG:M INVFLG:M "
            "CLEFLG:B LINNBR:I UPDDATTIM:S",
        ),
        _made(
            "TABPAYTERM",
            "PTE LEG PTELIN",
            "PTE LEG PTELIN:I DESAXX NBRDAY:I NBRMON:I ENDMONFLG:M DUDPRC:Q PAM PAMTYP:M "
            "UPDDATTIM:S",
        ),
        _made("COMPANY", "CPY", "CPY CPYNAM ACCCUR UPDDATTIM:S"),
        _made("FACILITY", "FCY", "FCY FCYNAM LEGCPY CRY UPDDATTIM:S"),
        _made(
            "PERIOD",
            "CPY LEDTYP FIYNUM PERNUM",
            "CPY LEDTYP:M FIYNUM:I PERNUM:I PERSTR:D PEREND:D PERSTA:M UPDDATTIM:S",
        ),
    )
}
# Tables of the simulator that no representation shows; the checks of a payment need them.
HIDDEN = {"BANK": ("BAN",), "TABCUR": ("CUR",)}


@dataclass(frozen=True)
class SiteNames:
    """How a site calls a class, its representation, its properties and its children.

    ``properties`` and ``children`` hold only what is called otherwise than here, by own name.
    """

    name: str
    representation: str
    properties: dict[str, str]
    children: dict[str, tuple[str, dict[str, str]]]


def site_names(state: State, made: X3Class) -> SiteNames:
    """Return the names that the setting ``x3.renames`` gives a class.

    The setting is ``{"PINVOICE": {"class": "YPINV", "representation": "YPINV", "NUM": "YNUM",
    "PILLINES": "YLINES", "PILLINES.ACC": "YACC"}}``; what it does not name keeps its name.
    """
    renames: dict[str, str] = state.get_value("x3.renames", {}).get(made.name, {})
    name = renames.get("class", made.name)
    known = {*made.query, *made.details}
    children = {}
    for child in made.children:
        inner = {
            own.removeprefix(f"{child}."): shown
            for own, shown in renames.items()
            if own.startswith(f"{child}.")
        }
        children[child] = (renames.get(child, child), inner)
    return SiteNames(
        name=name,
        representation=renames.get("representation", name),
        properties={own: shown for own, shown in renames.items() if own in known},
        children=children,
    )


def class_shown(state: State, shown: str) -> X3Class | None:
    """Return the class that a site knows under this name; a renamed one has lost its own."""
    renames = state.get_value("x3.renames", {})
    for name, given in renames.items():
        if given.get("class", name) == shown:
            return CLASSES.get(name)
    return None if shown in renames else CLASSES.get(shown)


def table(state: State, name: str, endpoint: str = MAIN_ENDPOINT) -> Table:
    """Return the table of a class in one folder."""
    prefix = "x3" if endpoint == MAIN_ENDPOINT else f"x3@{endpoint}"
    return state.table(f"{prefix}:{name}")


def key_of(name: str, row: Row) -> str:
    """Return the key a row of this class is stored under."""
    keys = CLASSES[name].keys if name in CLASSES else HIDDEN[name]
    return "~".join(str(row.get(part, "")) for part in keys)


def stamp_of(state: State) -> str:
    """Return now as X3 writes it: GMT, whole seconds."""
    return state.now().strftime("%Y-%m-%dT%H:%M:%SZ")


def put(state: State, name: str, row: Row, endpoint: str = MAIN_ENDPOINT) -> None:
    """Store a row under its key as it is, without moving its change stamp."""
    table(state, name, endpoint).put(key_of(name, row), row)


def touch(state: State, name: str, row: Row, stamp: str = "") -> None:
    """Store a changed row of the main folder and move its change stamp to now, or to ``stamp``.

    With the setting ``x3.still_stamp`` the stamp stays, as after a mass update by SQL.
    """
    if CHANGE not in row or not state.get_value("x3.still_stamp", default=False):
        row[CHANGE] = stamp or stamp_of(state)
    put(state, name, row)
