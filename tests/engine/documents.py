"""A site whose document folder exists, and what became of the documents."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.store import queries
from tests.engine.site import Site

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
SHA = hashlib.sha256(PDF).hexdigest()
WithFolder = Callable[..., tuple[Site, Path]]


def images_of(site: Site, number: str) -> list[dict[str, Any]]:
    return [image for row in site.there(number) for image in row["Images"]]


def uploads(site: Site) -> int:
    return site.count("attach_image")


def proofs(site: Site, reference: str) -> list[dict[str, Any]]:
    """Results of the audit rows that say that a document is there."""
    told = queries.audit_of(site.store, {reference})
    afters = [json.loads(row["after"]) for row in told if row["action"] == "answer"]
    results = [json.loads(after.get("result", "{}")) for after in afters]
    return [result for result in results if "sha256" in result]


def leave_in_doubt(site: Site) -> None:
    """A run that ends while its invoice is in doubt and its document waits for it."""
    site.changes["invoice_lookup_s"] = (1.0,)
    site.fault("avid", "submit_invoice", "status", args={"status": 503})
    site.sync(wait_s=0.1)
    (row,) = site.outbox("image")
    assert (row.state, uploads(site)) == ("ready", 0)


def refusal(text: str) -> str:
    results = [{"Successful": False, "Item": None, "Errors": [{"Message": text}]}]
    return json.dumps({"Results": results})
