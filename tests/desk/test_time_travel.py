"""An invoice as of any moment: what was known, planned, sent and answered then, with its proof."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.desk import Desk, RuleDraft
from core.desk_lists import Query
from core.domain.canonical import instant_text
from core.errors import ConfigError
from core.past import moment_of
from core.past_words import text as words_of


def sent_row(desk: Desk) -> Any:
    rows = desk.source("invoices").rows(
        Query(members={"state": "sent,in_approval,approved,paid,payment_issued"})
    )
    return next(row for row in rows if row["external_id"])


def now() -> str:
    return datetime.now(UTC).isoformat()


def test_a_sent_invoice_is_proven_part_by_part(worked: Desk) -> None:
    row = sent_row(worked)
    found = worked.explain_as_of(row["number"], now())
    assert (found["state"], found["number"]) == (row["state"], row["number"])
    assert found["x3"]["is_proven"]
    assert found["x3"]["body"]["number"] == row["number"]
    assert all(item["is_proven"] for item in found["items"])
    assert found["items"]
    assert found["avidxchange"]["body"]["external_id"] == row["external_id"]
    rows = {one["sequence"]: one for one in worked.source("audit").rows(Query())}
    sends = [
        one for one in found["exchanges"] if (one["kind"], one["purpose"]) == ("invoice", "send")
    ]
    assert sends
    for one in sends:
        digest = hashlib.sha256(one["request"].encode()).hexdigest()
        assert digest == one["sha256"]
        assert rows[one["intent"]]["after"] == digest
        answer = hashlib.sha256(one["answer"].encode()).hexdigest()
        assert answer in rows[one["answered"]]["after"]
        assert json.loads(one["request"])["ExternalId"]["Value"] == row["external_id"]
    coded = {line["code"] for line in found["lines"]}
    assert coded
    assert "" not in coded
    assert {rule["kind"] for rule in found["mapping"]} >= {"vendors", "gl"}
    assert found["log"]["head"] == worked.verify_audit()["head"]
    json.dumps(found)


def test_before_each_step_it_is_not_known_yet(worked: Desk) -> None:
    row = sent_row(worked)
    end = worked.explain_as_of(row["number"], now())
    heard = datetime.fromisoformat(end["x3"]["heard"])
    before = worked.explain_as_of(row["number"], (heard - timedelta(seconds=1)).isoformat())
    assert before["x3"] is None
    assert (before["exchanges"], before["plan"], before["today"]) == ([], None, None)
    assert "had not shown it yet" in words_of(before)
    sent = next(one for one in end["exchanges"] if one["kind"] == "invoice")
    left = datetime.fromisoformat(sent["started"])
    planned = worked.explain_as_of(row["number"], (left - timedelta(microseconds=1)).isoformat())
    assert planned["exchanges"] == []
    assert planned["plan"]["sha256"] == sent["sha256"]
    assert planned["plan"]["is_proven"]
    under_way = worked.explain_as_of(row["number"], sent["started"])
    assert [(one["ended"], one["answer"]) for one in under_way["exchanges"]] == [("", "")]


def test_todays_rules_stand_beside_the_bytes_that_were_sent(worked: Desk) -> None:
    row = sent_row(worked)
    moment = now()
    then = worked.explain_as_of(row["number"], moment)
    line = then["x3"]["body"]["lines"][0]
    rule = next(
        rule
        for rule in then["mapping"]
        if rule["kind"] == "gl" and rule["key2"] in (line["account"], "*")
    )
    other = next(
        one.code for one in worked.search_codes("gl", "", limit=50) if one.code != rule["code"]
    )
    draft = RuleDraft(line["chart"], line["account"], code=other)
    worked.save_rule("gl", draft)
    try:
        again = worked.explain_as_of(row["number"], moment)
        assert again["mapping"] == then["mapping"]
        assert again["exchanges"] == then["exchanges"]
        assert again["lines"] == then["lines"]
        later = worked.explain_as_of(row["number"], now())
        assert later["lines"][0]["code"] == other
        if again["today"]["request"]:
            assert other in again["today"]["request"]
            assert not again["today"]["is_as_sent"]
    finally:
        worked.undo_mapping()


def test_the_words_name_the_rows_that_prove_it(worked: Desk) -> None:
    row = sent_row(worked)
    found = worked.explain_as_of(row["number"], now())
    text = words_of(found)
    assert f"audit row {found['x3']['sequence']}" in text
    assert found["exchanges"][0]["sha256"] in text
    assert "Today's rules would send" in text
    secret = worked.settings.avidxchange.client_id
    assert secret not in text


def test_moments_and_numbers_that_there_are_not(worked: Desk) -> None:
    row = sent_row(worked)
    for moment in ("yesterday", "2026-13-01", ""):
        with pytest.raises(ConfigError, match="no moment"):
            worked.explain_as_of(row["number"], moment)
    with pytest.raises(ConfigError, match="no invoice"):
        worked.explain_as_of("NONE", now())


def test_a_day_is_meant_to_its_end() -> None:
    end = datetime.fromisoformat(moment_of("2026-10-31"))
    assert end.astimezone().strftime("%Y-%m-%d %H:%M:%S") == "2026-10-31 23:59:59"
    assert moment_of("2026-10-31T12:00:00Z") == instant_text(datetime(2026, 10, 31, 12, tzinfo=UTC))
