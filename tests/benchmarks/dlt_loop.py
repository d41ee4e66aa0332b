"""The same invoices moved by dlt: its rest_api source, and a custom destination that sends each.

    python dlt_loop.py BASE ENDPOINT JOBS FOLDER

Runs in an environment of its own that has dlt, so nothing of the program may be imported here. One
record a batch is the only mode in which dlt does not repeat a whole lot when one record fails.
Standard output is the seconds and how many were sent.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from typing import Any

import requests

_PAGE = 200
_READS = 2  # as many as X3 is asked at once by us


def _payload(row: dict[str, Any], endpoint: str) -> dict[str, Any]:
    """About what our submission of it holds."""
    lines = row["PILLINES"]
    return {
        "ExternalId": {
            "Value": f"X3|{endpoint}|{row['CPY']}|{row['NUM']}|1",
            "Scheme": "Invoice",
            "SchemeOwner": "Buyer",
        },
        "CompanyExternalCode": row["CPY"],
        "VendorExternalCode": row["BPR"],
        "InvoiceNumber": row["BPRVCR"],
        "InvoiceDate": row["BPRDAT"],
        "DueDate": row["STRDUDDAT"],
        "PostingDate": row["ACCDAT"],
        "Amount": row["AMTATI"],
        "CurrencyCode": row["CUR"],
        "Reference": row["NUM"],
        "Lines": [
            {
                "LineNumber": line["LIG"],
                "Amount": line["AMTATILIN"],
                "Description": line["DES"],
                "Codes": [{"GroupName": "Accounting Codes", "CodeValue": line["ACC"][0]}],
            }
            for line in (json.loads(lines) if isinstance(lines, str) else lines)
        ],
    }


def main(base: str, endpoint: str, jobs: int, folder: str) -> None:
    """Move all invoices there are and tell how long it took."""
    os.environ |= {
        "DLT_DATA_DIR": folder,
        "RUNTIME__DLTHUB_TELEMETRY": "false",
        "RUNTIME__LOG_LEVEL": "CRITICAL",
        "EXTRACT__WORKERS": str(_READS),
        "EXTRACT__MAX_PARALLEL_ITEMS": str(_READS),
        "LOAD__WORKERS": str(jobs),
        "DATA_WRITER__FILE_MAX_ITEMS": "100",
        "DATA_WRITER__BUFFER_MAX_ITEMS": "100",
    }
    dlt = importlib.import_module("dlt")
    rest_api = importlib.import_module("dlt.sources.rest_api")
    session = requests.Session()
    sent = []

    def send(items: Any, table: Any) -> None:
        if table["name"] != "invoice":
            return
        for row in items:
            answer = session.post(f"{base}/v1/invoices", json=_payload(row, endpoint))
            answer.raise_for_status()
            answer.json()
            sent.append(row["NUM"])

    avidxchange = dlt.destination(
        send, batch_size=1, name="avidxchange", max_parallel_load_jobs=jobs
    )
    source = rest_api.rest_api_source(
        {
            "client": {"base_url": f"{base}/api1/x3/erp/{endpoint}/"},
            "resources": [
                {
                    "name": "header",
                    "selected": False,
                    "endpoint": {
                        "path": "PINVOICE",
                        "params": {"representation": "PINVOICE.$query", "count": _PAGE},
                        "paginator": {
                            "type": "json_link",
                            "next_url_path": "'$links'.'$next'.'$url'",
                        },
                        "data_selector": "'$resources'",
                    },
                },
                {
                    "name": "invoice",
                    "max_table_nesting": 0,
                    "parallelized": True,
                    "endpoint": {
                        "path": "PINVOICE('{resources.header.NUM}')",
                        "params": {"representation": "PINVOICE.$details"},
                        "paginator": "single_page",
                    },
                },
            ],
        }
    )
    pipeline = dlt.pipeline("bench", destination=avidxchange, pipelines_dir=folder)
    begun = time.perf_counter()
    pipeline.run(source)
    told = {"took_s": time.perf_counter() - begun, "sent": len(set(sent))}
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4])
