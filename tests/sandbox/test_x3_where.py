"""The filter language: grammar, types and the rules of clarification 9."""

import pytest

from core.sandbox.x3_where import WhereError, parse

KINDS = {
    "NUM": "C",
    "REF": "C",
    "NAME": "C",
    "AMT": "N",
    "STA": "M",
    "ACCDAT": "D",
    "PAYDAT": "D",
    "UPDDATTIM": "S",
    "ACC": "L",
}
ROW = {
    "NUM": "BIS1",
    "REF": "AVD4765360  ",
    "NAME": 'O\'Brien "Q" & Żubr\\x',
    "AMT": "1224.00",
    "STA": 3,
    "ACCDAT": "2026-03-01",
    "PAYDAT": None,
    "UPDDATTIM": "2026-03-02T15:04:11Z",
    "ACC": ["61100"],
}

HOLDS = [
    "NUM eq 'BIS1'",
    'NUM eq "BIS1"',
    "NUM ne 'BIS2'",
    "NUM lt 'BIS2' and NUM ge 'BIS1'",
    "AMT eq 1224",
    "AMT gt 1223.99 and AMT le 1224.0",
    "AMT gt -5",
    "AMT between 1000 and 1224",
    "ACCDAT ge @2026-03-01@",
    "ACCDAT between @2026-02-01@ and @2026-03-31@",
    "UPDDATTIM ge @2026-03-02T15:04:11Z@",
    "UPDDATTIM gt @2026-03-02@",
    "UPDDATTIM lt @2026-03-03@",
    "not NUM eq 'X'",
    "not (NUM eq 'X' or STA eq 1)",
    "NUM eq 'X' or STA eq 3",
    "NUM eq 'X' and STA eq 3 or AMT eq 1224",
    "NUM eq 'BIS1' or STA eq 1 and AMT eq 0",
    "NUM in ('A','BIS1', \"C\")",
    "STA in (1,2,3)",
    "REF eq 'AVD4765360'",
    "REF eq 'AVD4765360     '",
    "left(REF,3) eq 'AVD'",
    "right(NUM,1) eq '1'",
    "substring(NUM,2,2) eq 'IS'",
    "upper(NUM) eq upper('bis1') and lower(NUM) eq 'bis1'",
    "year(ACCDAT) eq 2026 and month(ACCDAT) eq 3 and day(UPDDATTIM) eq 2",
    "NUM like 'B%'",
    "NUM like 'B_S1'",
    "not NUM like 'b%'",
    "NAME like 'O''Brien%'",
    "NAME eq 'O''Brien \"Q\" & Żubr\\x'",
    "PAYDAT ne @2026-01-01@",
    "not PAYDAT eq @2026-01-01@",
    "not PAYDAT lt @2026-01-01@",
    "not PAYDAT ge @2026-01-01@",
    "  (  NUM   eq 'BIS1' )  ",
    "3 eq STA",
]

REFUSED = {
    "FOO eq 1": "Property not found: FOO",
    "num eq 'BIS1'": "Property not found: num",
    "ACC eq '61100'": "Property not found: ACC",
    "NUM eq 5": "Type mismatch",
    "AMT eq '5'": "Type mismatch",
    "ACCDAT eq '2026-03-01'": "Type mismatch",
    "STA like '3'": "Type mismatch",
    "NUM in ('A', 5)": "Type mismatch",
    "left(AMT,2) eq '12'": "Type mismatch",
    "NUM EQ 'BIS1'": "Syntax error near: EQ",
    "NUM eq 'BIS1": "Syntax error near: 'BIS1",
    "NUM eq": "Syntax error near: end",
    "": "Syntax error near: end",
    "(NUM eq 'A'": "Syntax error near: end",
    "NUM eq 'A')": "Syntax error near: )",
    "NUM eq 'A' AND STA eq 1": "Syntax error near: AND",
    "NUM in ()": "Syntax error near: )",
    "ACCDAT ge @2026-3-1@": "Invalid date: 2026-3-1",
    "trim(NUM) eq 'A'": "Function not found: trim",
    "left(NUM) eq 'A'": "Wrong number of arguments: left",
}


@pytest.mark.parametrize("text", HOLDS)
def test_condition_holds(text: str) -> None:
    assert parse(text, KINDS).holds(ROW)


@pytest.mark.parametrize(("text", "message"), REFUSED.items())
def test_condition_is_refused_with_its_reason(text: str, message: str) -> None:
    with pytest.raises(WhereError) as caught:
        parse(text, KINDS)
    assert str(caught.value) == message


def test_choices_name_what_an_index_may_use() -> None:
    one = parse(
        "BPRTYP eq 2 and NUM in ('A','B') and ACCDAT ge @2026-01-01@", {**KINDS, "BPRTYP": "M"}
    )
    assert one.choices == {"NUM": frozenset({"A", "B"})}
    assert parse("NUM eq 'A' or STA eq 3", KINDS).choices == {}
    assert parse("(NUM eq 'A' or NUM eq 'B')", KINDS).choices == {"NUM": frozenset({"A", "B"})}
    assert parse("not NUM eq 'A'", KINDS).choices == {}
    assert parse("NUM eq 'A' and NUM eq 'B'", KINDS).choices == {"NUM": frozenset()}
