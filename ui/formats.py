"""Figures, dates and ages as people read them on the screen, in the system's locale.

Only for the screen: exports stay neutral. A minus is the true one (U+2212); amounts have all their
decimals; instants are shown in local time (design.md 1.3 and 5).
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal

from PySide6.QtCore import QDate, QLocale

from core.words import area

say = area(__name__)

MINUS = "\u2212"
#: Shown where a value does not exist, as against zero.
NONE = "\u2013"
_GROUP = 3
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
_SPOKEN = {
    "USD": say("us_dollars"),
    "CAD": say("canadian_dollars"),
    "EUR": "euros",
    "GBP": say("pounds_sterling"),
    "MXN": say("mexican_pesos"),
}


def _grouped(digits: str) -> str:
    separator = QLocale().groupSeparator()
    first = len(digits) % _GROUP
    parts = [digits[:first]] if first else []
    parts += [digits[at : at + _GROUP] for at in range(first, len(digits), _GROUP)]
    return separator.join(parts)


def amount(value: Decimal | None, decimals: int = 2) -> str:
    """An amount with separators and all decimals: `1,884.45`; none: a dash."""
    if value is None:
        return NONE
    exact = abs(value).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    whole, _, part = f"{exact:f}".partition(".")
    sign = MINUS if value < 0 and exact != 0 else ""
    tail = f"{QLocale().decimalPoint()}{part}" if part else ""
    return f"{sign}{_grouped(whole)}{tail}"


def money(value: Decimal | None, currency: str, decimals: int = 2) -> str:
    """An amount with its currency: `39,120.00 USD`."""
    return f"{amount(value, decimals)} {currency}" if value is not None else NONE


def spoken_money(value: Decimal, currency: str, decimals: int = 2) -> str:
    """An amount for a screen reader: `1,884.45 US dollars`, `minus 57.47 US dollars`."""
    sign = "minus " if value < 0 else ""
    return f"{sign}{amount(abs(value), decimals)} {_SPOKEN.get(currency, currency)}"


def count(value: int) -> str:
    """A whole number with separators: `48,310`."""
    return (MINUS if value < 0 else "") + _grouped(str(abs(value)))


def counted(value: int, one: str, many: str = "") -> str:
    """A number with its noun: `1 invoice`, `3 invoices`; `many` for irregular ones."""
    return f"{count(value)} {one if value == 1 else many or one + 's'}"


def percent(value: float) -> str:
    """A share of 100 as whole number: `97 %`."""
    return f"{round(value)} %"


def _date_pattern() -> str:
    """The locale's short order of day, month and year, each at full width: columns align."""
    pattern = QLocale().dateFormat(QLocale.FormatType.ShortFormat)
    for letter, full in (("d", "dd"), ("M", say("mm")), ("y", "yyyy")):
        run = letter * pattern.count(letter)
        pattern = pattern.replace(run, full, 1) if run else pattern
    return pattern


def day(value: date | None) -> str:
    """A date in the locale's order: `11/23/2026`; none: a dash. An instant is made local first."""
    if value is None:
        return NONE
    local = value.astimezone().date() if isinstance(value, datetime) else value
    return QLocale().toString(QDate(local.year, local.month, local.day), _date_pattern())


def clock(value: datetime, *, has_seconds: bool = False) -> str:
    """Local time of day: `09:41`, with seconds `09:41:22`."""
    return value.astimezone().strftime("%H:%M:%S" if has_seconds else "%H:%M")


def moment(value: datetime | None, *, has_seconds: bool = False) -> str:
    """Local date and time: `11/23/2026 09:41`; none: a dash."""
    if value is None:
        return NONE
    return f"{day(value)} {clock(value, has_seconds=has_seconds)}"


def short_moment(value: datetime, now: datetime) -> str:
    """Today only the time, `09:12`; any other day `Nov 18 09:12` (design.md 3, "Timeline")."""
    local, today = value.astimezone(), now.astimezone().date()
    if local.date() == today:
        return clock(value)
    pattern = say("mmm_d") if local.year == today.year else say("mmm_d_yyyy")
    when = QLocale().toString(QDate(local.year, local.month, local.day), pattern)
    return f"{when} {clock(value)}"


def utc(value: datetime) -> str:
    """The instant in UTC, to the second, for the auditor: `14:41:09 UTC`."""
    return value.astimezone(UTC).strftime("%H:%M:%S UTC")


def age(since: datetime, now: datetime) -> str:
    """How long ago in words: `now`, `4 min`, `3 h`, `1 day`, `4 days`."""
    seconds = int((now - since).total_seconds())
    if seconds < _MINUTE:
        return "now"
    if seconds < _HOUR:
        return say("min", seconds=seconds // _MINUTE)
    if seconds < _DAY:
        return f"{seconds // _HOUR} h"
    return counted(seconds // _DAY, "day")


def due_in(due: date, today: date) -> str:
    """A due date against today: `today`, `in 24 days`, `4 days ago`."""
    days = (due - today).days
    if days == 0:
        return "today"
    return (
        say("in", counted=counted(days, "day"))
        if days > 0
        else say("ago", counted=counted(-days, "day"))
    )


def took(seconds: float) -> str:
    """A duration as minutes and seconds: `0:38`, `1:12`; hours in front when there are any."""
    whole = round(seconds)
    hours, rest = divmod(whole, _HOUR)
    minutes, left = divmod(rest, _MINUTE)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"


def milliseconds(seconds: float) -> str:
    """A short duration: `38 ms`, from one second on `2.1 s`."""
    if seconds >= 1:
        return f"{amount(Decimal(str(seconds)), 1)} s"
    return say("ms", round=round(seconds * 1000))
