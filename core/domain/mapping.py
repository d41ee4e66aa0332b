"""Which vendor, code and dimension code an X3 value becomes, on a date and for a company."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

NOT_PAID_HERE = "-"
DEFAULT_ACCOUNT = "*"


@dataclass(frozen=True, slots=True)
class Rule:
    """One current row of a mapping table.

    vendors: `key1` = supplier. gl: `key1` = chart, `key2` = account or `*`. dimensions: `key1` =
    type, `key2` = value, `group` = AvidXchange's group. An empty company, from or to means any.
    """

    kind: str
    key1: str
    key2: str
    code: str
    group: str = ""
    company: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    revision: int = 1
    made: str = ""  # instant text

    def holds(self, company: str, day: date) -> bool:
        """Whether the row speaks about this company on this accounting date (both ends in)."""
        return (
            self.company in ("", company)
            and (self.valid_from is None or self.valid_from <= day)
            and (self.valid_to is None or day <= self.valid_to)
        )


@dataclass(slots=True)
class RuleBook:
    """All current rows, ready for look-up; resolution is total and single-valued.

    Of several rows that hold, one for the company goes before one for any company, then the one
    that began later, then the smaller code: so the order in which rows were entered never matters.
    """

    rules: Iterable[Rule]
    groups: dict[str, set[str]] = field(default_factory=dict)  # dimension type -> its groups
    _index: dict[tuple[str, str, str], list[Rule]] = field(default_factory=dict)
    _suppliers: dict[str, set[str]] = field(default_factory=dict)  # by folded vendor code

    def __post_init__(self) -> None:
        for rule in self.rules:
            self._index.setdefault((rule.kind, rule.key1, rule.key2), []).append(rule)
            if rule.kind == "dimensions":
                self.groups.setdefault(rule.key1, set()).add(rule.group)
            elif rule.kind == "vendors":
                self._suppliers.setdefault(_folded(rule.code), set()).add(rule.key1)
        for rows in self._index.values():
            rows.sort(key=_precedence)

    def vendor(self, supplier: str, company: str, day: date) -> Rule | None:
        """The row of a supplier; its code may be `-` (not paid through AvidXchange)."""
        return self._first("vendors", supplier, "", company, day)

    def account(self, chart: str, account: str, company: str, day: date) -> Rule | None:
        """The row of an account, else its chart's default."""
        exact = self._first("gl", chart, account, company, day)
        return exact or self._first("gl", chart, DEFAULT_ACCOUNT, company, day)

    def dimension(self, kind: str, value: str, company: str, day: date) -> Rule | None:
        """The row of a dimension value."""
        return self._first("dimensions", kind, value, company, day)

    def suppliers_of(self, code: str) -> set[str]:
        """Suppliers with a row for this vendor code, compared as AvidXchange compares."""
        return set(self._suppliers.get(_folded(code), ()))

    def vendor_rules(self) -> list[Rule]:
        """All vendor rows, by supplier."""
        rows = (rule for rows in self._index.values() for rule in rows if rule.kind == "vendors")
        return sorted(rows, key=lambda rule: (rule.key1, _precedence(rule)))

    def _first(self, kind: str, key1: str, key2: str, company: str, day: date) -> Rule | None:
        rows = self._index.get((kind, key1, key2), ())
        return next((rule for rule in rows if rule.holds(company, day)), None)


def _folded(code: str) -> str:
    return code.strip().casefold()


def _precedence(rule: Rule) -> tuple[bool, int, str, str]:
    began = rule.valid_from.toordinal() if rule.valid_from else 0
    return (rule.company == "", -began, rule.code, rule.group)
