"""What the window is shown beside its lists: frozen values, ready to draw, with no way back.

Instants are ISO texts in UTC, dates ISO texts, both empty when unknown; amounts are texts with the
currency's decimals; durations are seconds. No query is made here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.domain import suggestions
from core.words import area

say = area(__name__)

Row = Mapping[str, Any]
EvidenceView = suggestions.Evidence
Suggestion = suggestions.Suggestion
#: Names of facts that are shown in a form of their own.
AMOUNT, STATE = say("amount"), say("state")


@dataclass(frozen=True, slots=True)
class ProgressView:
    """A run under way. `total` is 0 while unknown; `left_s` is None before 5 s and when unknown."""

    phase: str
    done: int
    total: int
    needs_you: int
    elapsed_s: float
    left_s: float | None
    by: str = ""


@dataclass(frozen=True, slots=True)
class SideView:
    """One system: `state` is ok, not_reached, not_checked or paused.

    `next_run` is the same for both sides; empty when nothing is scheduled. `code`, `text` and `fix`
    say why a side is not ok. `volume` says what the day has moved toward X3, where it is counted.
    """

    system: str
    name: str
    state: str
    last_contact: str = ""
    next_run: str = ""
    code: str = ""
    text: str = ""
    fix: str = ""
    volume: str = ""


@dataclass(frozen=True, slots=True)
class VolumeView:
    """The web-service volume of a day of UTC: bytes by purpose, most first; `budget` 0 = none.

    `text` is the sentence of a card, `warning` says what waits for tomorrow, empty when nothing.
    """

    day: str
    used: int
    budget: int
    flows: tuple[tuple[str, int, int, int], ...]  # purpose, calls, bytes sent, bytes received
    text: str
    warning: str = ""


@dataclass(frozen=True, slots=True)
class InvariantView:
    """A promise I1 to I8: `state` is ok, broken or unknown; `words` say what it promises.

    `counted` says over what it was evaluated (`1,204 sends`); `item` is the oldest review item that
    its break made, 0 when there is none. `accepted` counts the evidence against it that a person
    has looked at and accepted.
    """

    name: str
    state: str
    words: str
    evidence: tuple[str, ...] = ()
    item: int = 0
    counted: str = ""
    accepted: int = 0


@dataclass(frozen=True, slots=True)
class HealthView:
    """The whole state at a glance.

    `environment` is demo, preview or live. `needs_you` counts open items that ask a person,
    `waiting` those that go on by themselves, `by_state` invoices since the start date.
    `last_run` is a row of the list `runs`, None before the first. `problem` is the sentence for
    settings that are not whole, with `problem_key`; the engine does not run then.
    """

    environment: str
    workspace: str
    is_running: bool
    sides: tuple[SideView, ...]
    by_state: Mapping[str, int]
    needs_you: int
    waiting: int
    in_doubt: int
    invariants: tuple[InvariantView, ...]
    last_run: Row | None = None
    next_run: str = ""
    paused_until: str = ""
    problem: str = ""
    problem_key: str = ""

    def side(self, system: str) -> SideView:
        """The side `x3` or `avidxchange`."""
        return next(side for side in self.sides if side.system == system)


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One thing that happened. `source` is x3, avidxchange, crossfoot or a person's name.

    `exchange` is an id for `Desk.exchange` where a request and its answer are kept.
    """

    time: str
    text: str
    source: str
    exchange: int | None = None


@dataclass(frozen=True, slots=True)
class LineView:
    """A line of an invoice; `code` is the AvidXchange code it maps to now, empty when none.

    `amount` includes tax. `dimensions` are triples (type, X3 value, AvidXchange code or empty).
    """

    number: int
    description: str
    account: str
    account_name: str
    code: str
    code_name: str
    amount: str
    dimensions: tuple[tuple[str, str, str], ...] = ()
    order: str = ""


@dataclass(frozen=True, slots=True)
class InvoiceView:
    """One invoice with everything its pane shows; `row` is as in the list `invoices`.

    `sentence` says why it stands where it stands and who acts next; `items` are its open review
    items, `payments` rows of the list `payments`, newest first; `offers` says how it can be decided
    without an item (`Desk.decide`).
    """

    row: Row
    supplier_name: str
    vendor_code: str
    vendor_name: str
    lines: tuple[LineView, ...]
    items: tuple[Row, ...]
    sentence: str
    timeline: tuple[TimelineEntry, ...]
    payments: tuple[Row, ...] = ()
    offers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PaymentView:
    """One payment: `row` as in `payments`, `invoices` as in `invoices`, `shares` what it settles.

    A share has `number`, `external_id`, `amount` and `state` of its invoice. `offers` says how it
    can be decided without a review item.
    """

    row: Row
    vendor_name: str
    supplier: str
    shares: tuple[Row, ...]
    items: tuple[Row, ...]
    timeline: tuple[TimelineEntry, ...]
    offers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CandidateView:
    """What a document may be linked to: `target` is what `resolve` takes as `to`.

    It is empty where the other one does not stand in AvidXchange yet; `evidence` then has X3's
    facts of both. `note` says where it comes from.
    """

    target: str
    title: str
    note: str
    evidence: tuple[EvidenceView, ...]


@dataclass(frozen=True, slots=True)
class ReviewView:
    """One review item: `row` as in `review`; documents are rows of their lists, at most 500."""

    row: Row
    invoices: tuple[Row, ...]
    payments: tuple[Row, ...]
    evidence: tuple[EvidenceView, ...]
    timeline: tuple[TimelineEntry, ...]
    candidates: tuple[CandidateView, ...] = ()


@dataclass(frozen=True, slots=True)
class ExchangeView:
    """A request and its answer; secrets were removed before they were kept.

    `request` is what left this computer, made readable; `status` is None when no answer came.
    """

    id: int
    purpose: str
    object: str
    system: str
    started: str
    took_s: float
    status: int | None
    outcome: str
    request_id: str
    request: str
    answer: str
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class PlanView:
    """A stored plan. `kinds` and `amounts` (by currency) are of its actions.

    `left_out` are pairs (state, count) of unsent invoices that are not in it, with `reasons`, pairs
    (code, count), of why. `is_current` is False once a later plan was made.
    """

    hash: str
    mode: str
    at: str
    run: int
    actions: int
    kinds: Mapping[str, int]
    amounts: Mapping[str, str]
    left_out: tuple[tuple[str, int], ...] = ()
    reasons: tuple[tuple[str, int], ...] = ()
    is_current: bool = True


@dataclass(frozen=True, slots=True)
class ActionView:
    """One action of a plan: what is there now, what will be, what stays, and the exact bytes.

    `changes` are triples (what, now, then); `body` is the request made readable, `size` its bytes.
    """

    row: Row
    changes: tuple[tuple[str, str, str], ...]
    stays: tuple[tuple[str, str], ...]
    body: str
    size: int
    fingerprint: str


@dataclass(frozen=True, slots=True)
class RuleView:
    """One stored mapping row, in force while `ended` is empty; empty company and dates mean any."""

    code: str
    group: str
    company: str
    valid_from: str
    valid_to: str
    note: str
    revision: int
    by: str
    at: str
    ended: str


@dataclass(frozen=True, slots=True)
class MappingView:
    """One X3 code with its mapping: `row` as in the list, `x3` its facts, `rules` newest first."""

    row: Row
    x3: tuple[tuple[str, str], ...]
    avidxchange: tuple[tuple[str, str], ...]
    rules: tuple[RuleView, ...]
    invoices: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class FieldView:
    """One setting of the form. `kind` is text, number, date, choice, list, bool or path.

    `value` and `default` are texts as `save_settings` takes them: lists comma separated, booleans
    true or false, amounts and tables as in the file. `problem` is a sentence, empty when all is
    well.
    """

    section: str
    key: str
    label: str
    value: str
    default: str
    hint: str
    kind: str
    choices: tuple[tuple[str, str], ...] = ()
    required: bool = False
    problem: str = ""
    is_locked: bool = False


@dataclass(frozen=True, slots=True)
class Pasted:
    """Rows that a person copied out of a spreadsheet: cells apart by tabs, as they lie there."""

    text: str
    name: str = say("pasted_rows")


@dataclass(frozen=True, slots=True)
class ImportView:
    """What a mapping file would change: counts, refused rows (row, why), and the differences.

    A difference is (X3 code, code before, code after), an empty code meaning no row.
    """

    added: int
    changed: int
    same: int
    removed: int
    refused: tuple[tuple[int, str], ...]
    differences: tuple[tuple[str, str, str], ...] = ()
    note: str = ""
