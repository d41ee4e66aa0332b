"""Rows of the list `review` as tests of its words need them."""

from typing import Any


def item(number: int, code: str = "MAP-01", **members: Any) -> dict[str, Any]:
    """A row of the list `review`."""
    row = {
        "id": number,
        "code": code,
        "cause": f"{code}|supplier S{number}",
        "document": f"PIH{number}",
        "documents": [f"PIH{number}"],
        "system": "",
        "currency": "USD",
        "amount": "10.00",
        "since": "",
        "title": "The supplier is not linked to a vendor",
        "text": f"Supplier S{number} has no vendor. (1 documents)",
        "fix": "Map it.",
        "how": ["exclude"],
        "info": {},
        "waits": False,
        "snoozed": "",
        "assigned": "",
        "age": 4,
    }
    return row | members
