"""The day's web-service volume: counted, kept, shown, and what waits when it is short (QTA-01)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from core import desk_health
from core.engine.run import RunResult
from core.errors import TransientError
from core.http import Traffic as Moved
from core.ports import FULL, ORDINARY, URGENT, Volume
from core.store import traffic, values
from core.x3.allowance import Allowance, counted_as
from tests.engine.conftest import MakeSite
from tests.engine.site import Site

BUDGET = 1_000_000


def today() -> str:
    return datetime.now(UTC).date().isoformat()


def moved(site: Site) -> dict[str, Volume]:
    """What the store holds of today, by purpose."""
    return {volume.flow: volume for volume in traffic.of_day(site.store, today())}


def use(site: Site, share: float) -> None:
    """Let the day have used this share of a budget of 1 MB, before the engine begins anew."""
    site.stop()
    with site.store.write():
        rest = int(share * BUDGET) - traffic.total(site.store, today())
        traffic.add(site.store, [Volume(today(), "earlier", 1, 0, rest)])


def quota(result: RunResult) -> list[str]:
    """The texts under QTA-01 that a run has told."""
    return [e["text"] for e in result.report["errors"] if e["code"] == "QTA-01"]


def asked_of_x3(site: Site) -> int:
    """Requests that X3 has had."""
    counted = site.state.counters
    return sum(n for name, n in counted.items() if name.startswith("x3.requests."))


@pytest.fixture
def site(make_site: MakeSite) -> Site:
    """A site with a budget of one megabyte a day."""
    return make_site(settings={"x3": {"daily_megabytes": 1}})


def due(site: Site) -> tuple[str, int]:
    """A posted invoice that has just been approved and paid in AvidXchange."""
    number = site.sent("100.00", post=True)
    site.act("avid.approve", number)
    payment: int = site.act("avid.pay", [number], status="Issued to Supplier")
    return number, payment


def test_every_byte_is_counted_by_purpose_and_survives_a_restart(site: Site) -> None:
    _, payment = due(site)
    site.sync()
    assert site.payment(payment).posted
    assert site._made is not None
    meter = site._made.transports[0].meter
    found = moved(site)
    assert sum(volume.bytes for volume in found.values()) == meter.sent + meter.received
    assert sum(volume.calls for volume in found.values()) == asked_of_x3(site)
    wanted = {"supplier", "invoice", "open_item", "payment_lookup", "payment_write"}
    assert wanted | {"approval_write"} <= found.keys()
    assert "checks" not in found
    assert found["payment_write"].calls == 1
    assert found["payment_write"].sent > len(site.outbox("payment")[0].body)
    before = traffic.total(site.store, today())
    site.restart()
    site.sync()
    assert traffic.total(site.store, today()) > before


def test_from_eighty_percent_full_reads_wait_and_changes_do_not(site: Site) -> None:
    site.sync()
    use(site, 0.85)
    sweeps = [f"sweep.day.x3:{name}" for name in ("supplier", "gl_account")]
    with site.store.write():
        for name in sweeps:
            values.put_setting(site.store, name, "")
    number = site.invoice("70.00", post=True)
    result = site.sync()
    assert result.report["sent"] == 1
    assert site.row(number).state == "sent"
    (text,) = quota(result)
    assert "0.9 MB of 1 (8" in text
    assert "full reads and look-backs wait until" in text
    assert result.exit_status == 0
    assert [values.setting(site.store, name) for name in sweeps] == ["", ""], (
        "no look-back was made"
    )


def test_first_reading_waits_and_goes_on_when_there_is_volume_again(site: Site) -> None:
    number = site.invoice("70.00", post=True)
    use(site, 0.9)
    result = site.sync()
    assert (result.report["sent"], result.report["read"]["invoices"]) == (0, 0)
    assert len(quota(result)) == 1
    assert site.codes() == [], "what was not read is not taken for gone"
    use(site, 0.1)
    assert site.sync().report["sent"] == 1
    assert site.row(number).state == "sent"


def test_from_a_hundred_percent_only_approvals_and_payments_go_on(site: Site) -> None:
    number, payment = due(site)
    other = site.invoice("55.00", post=True)
    use(site, 1.05)
    result = site.sync()
    assert site.level(number) in ({4}, set())
    assert site.payment(payment).posted
    assert len(site.postings(payment)) == 1
    assert (result.report["approvals_written"], result.report["payments_posted"]) == (1, 1)
    assert "everything but approvals and payments waits" in " ".join(quota(result))
    assert result.exit_status == 4
    assert site.there(other) == [], "a new invoice is not even read"
    use(site, 0.1)
    assert site.sync().report["sent"] == 1


def test_from_a_hundred_and_twenty_percent_nothing_is_asked(site: Site) -> None:
    number, payment = due(site)
    use(site, 1.25)
    before = asked_of_x3(site)
    result = site.sync()
    assert asked_of_x3(site) == before
    assert (result.exit_status, site.postings(payment)) == (4, [])
    assert "everything waits until" in " ".join(quota(result))
    assert result.report["complete_to"]["x3"] is None
    assert result.report["complete_to"]["avidxchange"] is not None
    use(site, 0.1)
    assert site.sync().exit_status == 0
    assert len(site.postings(payment)) == 1
    assert site.row(number).state == "payment_issued"


def test_without_a_budget_nothing_waits(make_site: MakeSite) -> None:
    site = make_site()
    use(site, 900.0)
    site.sent("70.00", post=True)
    view = desk_health.volume(site.store, site.settings())
    assert (view.budget, view.warning) == (0, "")
    assert view.text.startswith("X3 today 900.")


@pytest.mark.parametrize(
    ("share", "text", "warning"),
    [
        (0.124, "X3 today 0.1 MB of 1", ""),
        (0.8, "X3 today 0.8 MB of 1", "full reads and look-backs wait"),
        (1.0, "X3 today 1.0 MB of 1", "everything but approvals and payments waits"),
        (1.3, "X3 today 1.3 MB of 1", "everything waits"),
    ],
)
def test_the_card_says_what_today_has_moved(
    site: Site, share: float, text: str, warning: str
) -> None:
    use(site, share)
    view = desk_health.volume(site.store, site.settings())
    assert (view.day, view.used, view.budget) == (today(), int(share * BUDGET), BUDGET)
    assert view.text == text
    assert view.warning == (f"{warning} until tomorrow (UTC)." if warning else "")
    assert view.flows == (("earlier", 1, 0, int(share * BUDGET)),)


def test_tries_for_other_reasons_do_not_use_up_the_patience_with_a_lock(site: Site) -> None:
    """A row that was throttled five times is still tried again after its first "in use"."""
    _, payment = due(site)
    site.fault("x3", "save", "status", times=5, args={"status": 429})
    site.fault("x3", "save", "locked", times=2)
    result = site.sync()
    assert site.codes() == []
    assert len(site.postings(payment)) == 1
    assert result.exit_status == 0
    assert site.outbox("payment")[-1].attempts == 8


# The meter by itself


class Calendar:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 25, 22, 30, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at


def exchange(sent: int, received: int) -> Moved:
    return Moved("GET", sent, received, 0.1, is_time_out=False)


def test_the_day_turns_in_utc() -> None:
    calendar = Calendar()
    allowance = Allowance(1, calendar.now)
    allowance.note(exchange(400_000, 450_000))
    error = allowance.waiting(FULL)
    assert isinstance(error, TransientError)
    assert (error.code, error.was_sent, error.retry_after_s) == ("QTA-01", False, 5400.0)
    assert "in 1 h 30 min (00:00 UTC)" in error.why
    assert (allowance.waiting(ORDINARY), allowance.waiting(URGENT)) == (None, None)
    calendar.at = calendar.at.astimezone().replace(microsecond=0) + timedelta(minutes=89)
    assert allowance.waiting(FULL) is not None
    calendar.at += timedelta(minutes=1)
    assert (allowance.day, allowance.waiting(FULL)) == ("2026-11-26", None)
    allowance.note(exchange(1, 2))
    assert allowance.take() == (
        Volume("2026-11-25", "checks", 1, 400_000, 450_000),
        Volume("2026-11-26", "checks", 1, 1, 2),
    )
    assert allowance.take() == ()


@pytest.mark.parametrize(
    ("used", "waiting"),
    [
        (799_999, ()),
        (800_000, (FULL,)),
        (999_999, (FULL,)),
        (1_000_000, (FULL, ORDINARY)),
        (1_199_999, (FULL, ORDINARY)),
        (1_200_000, (FULL, ORDINARY, URGENT)),
    ],
)
def test_what_waits_at_which_share(used: int, waiting: tuple[str, ...]) -> None:
    allowance = Allowance(1, Calendar().now)
    allowance.begin_at("2026-11-25", used)
    found = tuple(u for u in (FULL, ORDINARY, URGENT) if allowance.waiting(u) is not None)
    assert found == waiting
    assert not any(Allowance(0, Calendar().now).waiting(u) for u in (FULL, ORDINARY, URGENT))


def test_what_other_processes_moved_counts_too() -> None:
    allowance = Allowance(1, Calendar().now)
    with counted_as("invoice"):
        allowance.note(exchange(100, 200))
    assert allowance.take() == (Volume("2026-11-25", "invoice", 1, 100, 200),)
    allowance.note(exchange(0, 0))  # a connection that was refused is no call
    allowance.note(exchange(1, 50_000))  # while the store was written
    allowance.begin_at("2026-11-25", 760_000)
    assert allowance.waiting(FULL) is not None
    allowance.begin_at("2026-11-24", 9_000_000)  # a late word on yesterday
    assert allowance.waiting(ORDINARY) is None


def test_counters_add_up_and_old_days_are_forgotten(site: Site) -> None:
    with site.store.write():
        traffic.add(site.store, [Volume("2025-01-01", "invoice", 1, 1, 1)])
        traffic.add(site.store, [Volume("2026-11-25", "invoice", 1, 10, 20)])
        traffic.add(site.store, [Volume("2026-11-25", "invoice", 2, 1, 2)])
        traffic.add(site.store, [Volume("2026-11-25", "supplier", 1, 0, 90)])
    assert traffic.of_day(site.store, "2026-11-25") == (
        Volume("2026-11-25", "supplier", 1, 0, 90),
        Volume("2026-11-25", "invoice", 3, 11, 22),
    )
    assert traffic.total(site.store, "2026-11-25") == 123
    assert traffic.of_day(site.store, "2025-01-01") == ()
