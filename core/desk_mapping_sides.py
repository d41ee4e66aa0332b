"""What the mapping lists show of both sides: the words of a fact, and its member."""

from __future__ import annotations

from core.words import area

say = area(__name__)

SUPPLIER = (
    (say("code"), "code"),
    (say("name"), "name"),
    (say("tax_id"), "tax_id"),
    (say("category"), "category"),
    (say("currency"), "currency"),
    (say("active"), "active"),
    (say("payment_hold"), "payment_hold"),
    (say("pay_to"), "pay_to"),
)
ADDRESS = (
    (say("street"), "line1"),
    (say("postal_code"), "postcode"),
    (say("city"), "city"),
    (say("state"), "state"),
    (say("country"), "country"),
    (say("phone"), "phone"),
    (say("email"), "email"),
)
VENDOR = (
    (say("code"), "code"),
    (say("name"), "name"),
    (say("tax_id"), "tax_id"),
    (say("active"), "active"),
)
POSTAL = (
    (say("street"), "line1"),
    (say("postal_code"), "postal_code"),
    (say("city"), "city"),
    (say("state"), "state"),
    (say("country"), "country"),
)
ACCOUNT = (
    (say("name"), "name"),
    (say("active"), "active"),
    (say("valid_from"), "valid_from"),
    (say("valid_to"), "valid_to"),
)
CODE = (
    (say("group"), "group"),
    (say("code"), "value"),
    (say("name"), "description"),
    (say("active"), "active"),
)
