"""Whatever the mapping and the reference data are: what may be sent has usable codes only."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import find, given, settings
from hypothesis import strategies as st

from core.domain.ap_documents import Code, CodeGroup, Vendor
from core.domain.books import Books
from core.domain.findings import Acceptances
from core.domain.mapping import Rule
from core.domain.reference_documents import Dimension, GlAccount
from core.domain.validate import assess
from tests.domain.domain_samples import DAY, GL, RULES, books, candidate, invoice, policy

ACCOUNTS = ("61100", "62400", "*")
MAYBE_DAY = st.sampled_from(
    [None, None, None, None, DAY - timedelta(days=3), DAY, DAY + timedelta(days=3)]
)
COMPANY = st.sampled_from(["", "", "US10", "CA10"])


@st.composite
def rows(draw: st.DrawFn, kind: str) -> Rule:
    """A row of the sound site's mapping, perhaps limited, perhaps leading nowhere."""
    keys = {
        "vendors": (st.just("0113"), st.just(""), ["V00101", "V00101", "V-OFF", "V-LOST"]),
        "gl": (st.sampled_from(["USA", "USA", "CAN"]), st.sampled_from(ACCOUNTS),
               ["6100", "6240", "6100", "OFF", "LOST"]),
        "dimensions": (st.just("DPT"), st.just("ADM"), ["102F", "102F", "OFF", "LOST"]),
    }  # fmt: skip
    key1, key2, codes = keys[kind]
    group = draw(st.sampled_from(["Location", "Location", "Project"]))
    return Rule(
        kind, draw(key1), draw(key2), draw(st.sampled_from(codes)),
        group if kind == "dimensions" else "",
        draw(COMPANY), draw(MAYBE_DAY), draw(MAYBE_DAY),
    )  # fmt: skip


#: The sound mapping, of which rows may be missing, with others beside it.
MAPPINGS = st.tuples(
    st.sets(st.sampled_from(range(len(RULES))), max_size=1).map(
        lambda gone: tuple(row for place, row in enumerate(RULES) if place not in gone)
    ),
    st.lists(rows("vendors") | rows("gl") | rows("dimensions"), max_size=3).map(tuple),
).map(lambda parts: parts[0] + parts[1])


@st.composite
def sites(draw: st.DrawFn) -> Books:
    """The sound site with any mapping, and accounts and values that may be off."""
    active = st.sampled_from([True] * 8 + [False, None])
    groups = (GL, "Location", "Project")
    codes = [Code(GL, "6100"), Code(GL, "6240", active=draw(active) is not False),
             Code(GL, "OFF", active=False), Code("Location", "102F"),
             Code("Location", "OFF", active=False), Code("Project", "102F")]  # fmt: skip
    return books(
        rules=draw(MAPPINGS),
        accounts={
            ("USA", name): GlAccount(
                "USA", name, active=draw(active), valid_from=draw(MAYBE_DAY),
                valid_to=draw(MAYBE_DAY),
            )
            for name in ("61100", "62400")
        },
        dimensions={("DPT", "ADM"): Dimension("DPT", "ADM", active=draw(active))},
        codes={(code.group, code.value): code for code in codes},
        groups={name: CodeGroup(name, required=draw(st.booleans())) for name in groups},
        vendors={"v00101": Vendor("V00101"), "v-off": Vendor("V-OFF", active=False)},
    )  # fmt: skip


@settings(max_examples=300)
@given(sites(), st.sampled_from([DAY, DAY + timedelta(days=2), DAY - timedelta(days=2)]))
def test_no_payload_has_an_unmapped_or_unusable_code(site: Books, day: date) -> None:
    found = assess(candidate(invoice(accounting_date=day)), site, policy(), Acceptances())
    if found.payload is None:
        assert found.excluded or any(finding.blocks for finding in found.findings)
        return
    vendor = site.vendor(found.payload.vendor_code)
    assert vendor is not None
    assert vendor.active
    required = {name for name, group in site.groups.items() if group.required}
    for line, source in zip(found.payload.lines, invoice().lines, strict=True):
        codes = dict(line.codes)
        assert len(codes) == len(line.codes)
        assert required <= set(codes)
        assert all(site.codes[pair].active for pair in codes.items())
        account = site.accounts[(source.chart, source.account)]
        assert account.active is not False
        assert account.valid_from is None or account.valid_from <= day
        assert account.valid_to is None or day <= account.valid_to


def test_the_property_meets_invoices_that_may_go_and_such_that_may_not() -> None:
    """Without both it would say nothing; so would it if limited rows never were the ones used."""

    def may_go(site: Books) -> bool:
        return assess(candidate(), site, policy(), Acceptances()).payload is not None

    wanted = settings(max_examples=3000, database=None)
    held = find(sites(), lambda site: not may_go(site), settings=wanted)
    assert not may_go(held)
    sent = find(sites(), lambda site: may_go(site) and bool(_limited(site)), settings=wanted)
    assert may_go(sent)
    assert _limited(sent)


def _limited(site: Books) -> list[Rule]:
    """Rows in use on the day that hold for one company or from a day on."""
    used = (site.rules.account("USA", name, "US10", DAY) for name in ("61100", "62400"))
    return [rule for rule in used if rule and (rule.company or rule.valid_from)]
