"""Amounts of money as whole minor units with their currency; nothing here rounds silently."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal

from core.words import area

say = area(__name__)

# Decimal's own context rounds to 28 digits in silence; no amount is as long as this one allows.
_WIDE = Context(prec=999)
# ISO 4217 exponents that are not 2.
_DIGITS = dict.fromkeys(
    (
        "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI",
        "VND", "VUV", "XAF", "XOF", "XPF",
    ),
    0,
) | dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3)  # fmt: skip
_DIGITS |= {"CLF": 4, "UYW": 4}


#: Pairs (number of decimals, currencies) of those that have not two.
UNUSUAL: tuple[tuple[int, tuple[str, ...]], ...] = tuple(
    (places, tuple(sorted(name for name, count in _DIGITS.items() if count == places)))
    for places in sorted(set(_DIGITS.values()))
)


def digits(currency: str) -> int:
    """Number of decimals of a currency (ISO 4217); 2 for one that is not known."""
    return _DIGITS.get(currency, 2)


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An exact amount: `minor` whole units of the smallest coin, in `currency`."""

    minor: int
    currency: str

    @classmethod
    def of(cls, amount: Decimal, currency: str) -> Money:
        """The amount in minor units.

        Raises:
            ValueError: the amount has more decimals than the currency, or is no number.
        """
        if not amount.is_finite():
            raise ValueError(say("is_no_amount", amount=amount))
        minor = _whole(amount, currency)
        if minor is None:
            raise ValueError(
                say(
                    "has_more_than_decimals_of",
                    amount=amount,
                    digits=digits(currency),
                    currency=currency,
                )
            )
        return cls(minor, currency)

    @property
    def amount(self) -> Decimal:
        """The amount as a decimal with the currency's number of decimals."""
        return Decimal(self.minor).scaleb(-digits(self.currency), _WIDE)

    @property
    def text(self) -> str:
        """The one canonical form, for example `-1224.00`; no grouping, no currency."""
        return f"{self.amount:.{digits(self.currency)}f}"

    def __str__(self) -> str:
        return f"{self.amount:,.{digits(self.currency)}f} {self.currency}"

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __add__(self, other: Money) -> Money:
        if other.currency != self.currency:
            raise ValueError(
                say("and_cannot_be_added", currency=self.currency, currency2=other.currency)
            )
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        return self + -other


def minor_of(amount: Decimal, currency: str) -> int:
    """Whole minor units of an amount; see `Money.of`."""
    return Money.of(amount, currency).minor


def nearest_minor(amount: Decimal, currency: str) -> int:
    """Minor units of an amount that is only shown: more decimals than the currency are rounded.

    One odd amount of a record must not stop the others; nothing rounded here is ever written.
    """
    minor = _whole(amount, currency) if amount.is_finite() else None
    if minor is None:
        step = Decimal(1).scaleb(-digits(currency))
        minor = minor_of(amount.quantize(step, ROUND_HALF_UP, _WIDE), currency)
    return minor


def _whole(amount: Decimal, currency: str) -> int | None:
    """The amount in minor units; None when it has more decimals than the currency."""
    scaled = amount.scaleb(digits(currency), _WIDE)
    minor = int(scaled)
    return minor if minor == scaled else None


def total(amounts: Iterable[Money]) -> dict[str, int]:
    """Sums in minor units by currency, currencies in order."""
    sums: dict[str, int] = {}
    for money in amounts:
        sums[money.currency] = sums.get(money.currency, 0) + money.minor
    return dict(sorted(sums.items()))
