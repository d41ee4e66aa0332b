"""What the core tells is taken apart by its own texts, in whatever language they are."""

import re

import pytest

from core import explanations
from core.desk_views import TimelineEntry
from core.domain.states import INVOICE_STATES
from core.words import area
from ui import history_view, told_texts
from ui.told_texts import Explanation, between, pattern

GERMAN = {
    "is": "{word_of}: Beleg {number}",
    "review_item": " (Prüfpunkt {id}: {how})",
    "sending": "{kind} wird gesendet ({object})",
    "you_act_next": "Sie sind an der Reihe: {ended}",
    "nothing_is_left_to_do": "Es ist nichts mehr zu tun.",
}
TOLD = area("core.explanations")


def german(name: str, /, **values: object) -> str:
    template = GERMAN.get(name, f"§{name}§")
    return template.format(**values) if values else template


@pytest.mark.parametrize("state", sorted(INVOICE_STATES))
def test_who_acts_next_is_found_for_each_state(state: str) -> None:
    row = {"number": "P1", "state": state, "since": "2026-11-25", "why": "You act on it. Really"}
    sentence = explanations.sentence(row)
    why, following = told_texts.EXPLANATION.parts(sentence, "P1")
    word = INVOICE_STATES[state][0]
    assert why == f"{word} since 2026-11-25: You act on it. Really."
    assert following
    assert (
        f"P1 is {word.lower()} since 2026-11-25: {why.partition(': ')[2]} {following}" == sentence
    )


@pytest.mark.parametrize("state", ["held", "needs_review"])
def test_who_acts_next_is_found_where_a_person_decides(state: str) -> None:
    item = {"id": 4, "how": ["exclude", "done"], "fix": "Validate it in X3.", "code": "STA-01",
            "waits": state == "held"}  # fmt: skip
    row = {"number": "P1", "state": state, "since": "", "why": "Pending."}
    why, following = told_texts.EXPLANATION.parts(explanations.sentence(row, [item]), "P1")
    assert why == f"{INVOICE_STATES[state][0]}: Pending."
    assert "alidate it" in following
    assert "review item" not in following


def test_another_language_is_taken_apart_by_its_own_words() -> None:
    found = Explanation(german)
    why, following = found.parts(
        "gehalten: Beleg P1 (25.11.2026): In X3 noch offen. "
        "Sie sind an der Reihe: In X3 freigeben (Prüfpunkt 4: ausschließen).",
        "P1",
    )
    assert why == "Gehalten: Beleg P1 (25.11.2026): In X3 noch offen."
    assert following == "Sie sind an der Reihe: In X3 freigeben."
    paid = "bezahlt: Beleg P1. Es ist nichts mehr zu tun."
    assert found.parts(paid, "P1") == ("Bezahlt: Beleg P1.", "Es ist nichts mehr zu tun.")
    assert found.is_sending("Die Rechnung wird gesendet (X3|A|B|C|1)")
    assert not found.is_sending("Gesendet")


def test_an_entry_of_the_history_that_sends_is_told_from_others() -> None:
    sent = TOLD("sending", kind="the invoice", object="X3|E|C|N|1")
    assert told_texts.EXPLANATION.is_sending(sent)
    assert not told_texts.EXPLANATION.is_sending("Sending")


@pytest.mark.parametrize(
    ("text", "icon"),
    [
        ("Sending the invoice (X3|E|C|N|1)", "send"),
        ("Sent (was ready): AvidXchange has received it.", "send"),
        ("AvidXchange answered: accepted, now done (id 9)", "circle-check"),
        ("X3 answered: found, now done", "circle-check"),
        ("Planned to write the invoice", "list-details"),
        ("Needs a person, MAP-01: The supplier has no vendor.", "alert-triangle"),
        ("Needs mapping", "link-plus"),
        ("Payment seen (4765)", "credit-card"),
        ("Payment scheduled (was approved)", "calendar-due"),
        ("Paid (was payment issued)", "circle-check"),
        ("Read for the first time", "file-text"),
        ("Changed in X3", "file-diff"),
        ("No longer shown (P1)", "circle-minus"),
        ("Something else", "circle-dashed"),
    ],
)
def test_an_entry_has_the_icon_of_what_it_tells(text: str, icon: str) -> None:
    entry = TimelineEntry("2026-11-25T16:26:00.000000Z", text, "crossfoot", None)
    assert history_view.icon_of(entry) == icon


def test_a_template_is_found_again_with_whatever_stands_in_it() -> None:
    assert re.fullmatch(pattern("a (b) {value}?"), "a (b) what stands here?")
    assert re.fullmatch(pattern("as it is {{x}}"), "as it is {x}")
    assert between("Sent: {sent}. Now: {now}.", "sent", "now") == ". Now: "
    assert between("Jetzt {now}, vorher {sent}.", "sent", "now") == ""
