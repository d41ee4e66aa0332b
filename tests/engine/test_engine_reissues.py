"""A payment that replaces another is found by the external id they share, however old its stamp."""

from __future__ import annotations

from core.store import values
from core.store.payments import payment_rows
from tests.engine.site import Site

_LONG_AGO_S = 60 * 86_400.0  # before every window and sweep


def _week_later(site: Site) -> None:
    """Let the daily and weekly looks at payments be due again."""
    with site.store.write():
        for kind in ("day", "week"):
            values.put_setting(site.store, f"sweep.{kind}.avidxchange:open_payments", "")


def _returned(site: Site) -> tuple[str, int]:
    number = site.sent("100.00", post=True)
    site.act("avid.approve", number)
    payment: int = site.act("avid.pay", [number], status="Issued to Supplier")
    site.sync()
    site.act("avid.return_", payment)
    site.sync()
    assert site.codes() == ["RET-01"]
    return number, payment


def test_a_replacement_that_no_window_shows_is_found_by_the_shared_id(site: Site) -> None:
    _, old = _returned(site)
    new = site.act("avid.reissue_new", old)
    site.act("avid.set_payment_status", new, "Issued to Supplier")
    site.act("avid.restamp", "payment", new, _LONG_AGO_S)
    site.sync()
    assert payment_rows(site.store, ids=[str(new)]) == []
    _week_later(site)
    site.sync()
    assert site.payment(new).payment_class == "out"
    # The old posting stands: nothing is posted before a person has decided between both.
    assert sorted(set(site.codes())) == ["RET-01", "VOI-01"]
    assert site.postings(new) == []
    site.act("x3.reverse_payment", site.postings(old)[0]["NUM"])
    site.sync()
    assert [row["REF"] for row in site.postings(new)] == [f"AVD{new}"]
    assert site.codes() == []


def test_payments_without_external_ids_are_not_asked_for_by_them(site: Site) -> None:
    _, old = _returned(site)
    site.act("avid.change_payment", old, {"ExternalPaymentIds": []})
    _week_later(site)
    before = site.count("list_payments")
    site.sync()
    # The window and the ids: one request each.
    assert site.count("list_payments") - before == 2
    assert site.codes() == ["RET-01"]
