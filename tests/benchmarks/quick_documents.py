"""What the quick systems hold: documents of one company, made by number, and what was submitted."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

ENDPOINT = "QUICK"
SUPPLIERS = 200
ACCOUNTS = ("60110", "61100", "61300", "62200")
PERIODS = 30  # months of the fiscal calendar, the present one in the middle
PAGE = 200
BACK = timedelta(days=60)  # so long ago the first invoice was changed in X3
_SINCE = re.compile(r"UPDDATTIM ge @([^@]+)@")
_KEYS = re.compile(r"NUM in \(([^)]*)\)")
_STAMP = "%Y-%m-%dT%H:%M:%SZ"
_OLD = "2025-01-01T08:00:00Z"


class ErpDocuments:
    """X3's side: posted invoices, each owed in full, changed evenly over `BACK`.

    Of `count` invoices those from place `first` on are there. Links begin with `base`.
    """

    def __init__(self, count: int, first: int = 0, base: str = "") -> None:
        now = datetime.now(UTC)
        self._count, self._from, self._base = count, first, base
        self._start = now - BACK - timedelta(days=1)
        self._step = BACK / max(1, count)
        self._lists = _master_data(now)

    def answer(self, path: str, query: dict[str, str], body: bytes) -> bytes | None:
        """A page of an entity, or one invoice with its lines."""
        del body
        name = path.rpartition("/")[2]
        if name.endswith(")"):
            at = _place(name.partition("'")[2].rstrip("')"))
            is_there = self._from <= at < self._count
            return _json(self._invoice(at) | _details(at)) if is_there else None
        where = query.get("where", "")
        keys = _KEYS.search(where)
        if name not in ("PINVOICE", "GACCDUDATE"):
            rows = self._lists.get(name, [])
            first, has_since = 0, bool(_SINCE.search(where))
            return self._page(path, query, [] if has_since else rows, first, len(rows))
        make = self._invoice if name == "PINVOICE" else self._item
        if keys:
            places = [_place(key.strip("' ")) for key in keys[1].split(",")]
            rows = [make(at) for at in places if self._from <= at < self._count]
            return self._page(path, query, rows, 0, len(rows))
        first = self._first(where) if "key" not in query else int(query["key"][3:]) + 1
        size = int(query.get("count", "20"))
        rows = [make(at) for at in range(first, min(first + size, self._count))]
        return self._page(path, query, rows, first, self._count)

    def _first(self, where: str) -> int:
        """The place of the first invoice changed at or after the condition's stamp."""
        since = _SINCE.search(where)
        if since is None:
            return self._from
        stamp = datetime.strptime(since[1], _STAMP).replace(tzinfo=UTC)
        return max(self._from, -(-(stamp - self._start) // self._step))

    def _page(
        self, path: str, query: dict[str, str], rows: list[Any], first: int, end: int
    ) -> bytes:
        size = int(query.get("count", "20"))
        links: dict[str, Any] = {}
        if len(rows) > size or (first + len(rows) < end and len(rows) == size):
            rows = rows[:size]
            kept = "&".join(f"{k}={_quoted(v)}" for k, v in query.items() if k != "key")
            url = f"{self._base}{path}?{kept}&key=gt.{first + size - 1}"
            links["$next"] = {"$url": url, "$type": "application/json", "$method": "GET"}
        return _json({"$itemsPerPage": size, "$resources": rows, "$links": links})

    def _invoice(self, at: int) -> dict[str, Any]:
        stamp = (self._start + at * self._step).strftime(_STAMP)
        day = stamp[:10]
        net = 100 + at % 900
        return {
            "NUM": number_of(at), "INVTYP": 1, "PIHTYP": 0, "PIVTYP": "USBIS", "GTE": "SPINV",
            "JOU": "PUR", "CPY": "US10", "FCY": "US011", "BPR": supplier_of(at), "BPRSAC": "SUP",
            "BPRPAY": supplier_of(at), "BPAPAY": "A01", "BPRVCR": f"DOC-{at:07}", "BPRDAT": day,
            "ACCDAT": day, "STRDUDDAT": day, "INVREF": "", "INVNUM": "", "CUR": "USD", "CURTYP": 1,
            "RATDAT": day, "PTE": "US30", "DEP": "", "VAC": "USTAX", "AMTNOT": net,
            "AMTATI": net, "AMTNOTL": net, "AMTATIL": net, "NBRTAX": 0, "STA": 3, "PAZ": 1,
            "TWMSTA": 1, "SNS": 1, "ACCNUM": 1000 + at, "FIY": 5, "PER": 6, "CREDATTIM": stamp,
            "UPDDATTIM": stamp,
        }  # fmt: skip

    def _item(self, at: int) -> dict[str, Any]:
        moment = self._start + at * self._step
        amount = 100 + at % 900
        return {
            "TYP": "SPINV", "NUM": number_of(at), "LIG": 1, "DUDLIG": 1,
            "NUMDUD": f"{at:015}001", "ACCNUM": 1000 + at, "CPY": "US10", "FCY": "US011",
            "BPR": supplier_of(at), "BPRTYP": 2, "BPRPAY": supplier_of(at), "CUR": "USD",
            "SAC": "SUP", "SNS": -1, "DUDDAT": (moment + timedelta(days=30)).strftime("%Y-%m-%d"),
            "PAM": "CHQ", "PAMTYP": 1, "AMTCUR": amount, "AMTLOC": amount, "PAYCUR": 0,
            "PAYLOC": 0, "TMPCUR": 0, "TMPLOC": 0, "FLGPAZ": 1, "DPTCOD": "", "DUDSTA": 2,
            "FLGCLE": 1, "PAYDAT": None, "UPDDATTIM": moment.strftime(_STAMP),
        }  # fmt: skip


class ApDocuments:
    """AvidXchange's side: 200 vendors, the codes, and the invoices that were submitted."""

    def __init__(self) -> None:
        self.invoices: dict[str, dict[str, Any]] = {}
        self._shift = timedelta(0)

    def http_date(self) -> bytes:
        """The present instant as a header tells it."""
        return format_datetime(datetime.now(UTC), usegmt=True).encode()

    def age(self) -> None:
        """Let all that was submitted have been changed two days ago."""
        for invoice in self.invoices.values():
            moment = datetime.fromisoformat(invoice["LastModified"]) - timedelta(days=2)
            invoice["LastModified"] = moment.isoformat(timespec="milliseconds")

    def answer(self, path: str, query: dict[str, str], body: bytes) -> bytes | None:
        """What stands under a path."""
        if body and path == "/v1/invoices":
            return self._submit(json.loads(body))
        if path == "/token":
            return _json({"access_token": "quick", "token_type": "Bearer", "expires_in": 3600})
        lists: dict[str, list[Any]] = {
            "/v1/codes/groups": [{"GroupName": "Accounting Codes", "IsRequired": True}],
            "/v1/codes": [
                {"GroupName": "Accounting Codes", "CodeValue": code, "IsActive": True}
                for code in ACCOUNTS
            ],
            "/v1/vendors": [
                vendor
                for vendor in map(_vendor, range(SUPPLIERS))
                if vendor["LastModified"] >= query.get("lastModifiedFrom", "")
            ],
            "/v1/payments": [],
        }
        if path in lists:
            return self._page(lists[path], query)
        if path == "/v1/invoices":
            return self._page(self._wanted(query), query)
        return None

    def _wanted(self, query: dict[str, str]) -> list[Any]:
        if "externalIds" in query:
            ids = query["externalIds"].split(",")
            return [self.invoices[one] for one in ids if one in self.invoices]
        since = query["lastModifiedFrom"][:19]
        until = query.get("lastModifiedTo", "9")[:19]
        return [i for i in self.invoices.values() if since <= i["LastModified"][:19] < until]

    def _page(self, items: list[Any], query: dict[str, str]) -> bytes:
        number, size = int(query.get("pageNumber", "1")), int(query.get("pageSize", "200"))
        shown = items[(number - 1) * size : number * size]
        pages = max(1, -(-len(items) // size))
        paging = {
            "PageNumber": number, "PageSize": size, "PageCount": pages, "PageItems": len(shown),
            "TotalItems": len(items),
        }  # fmt: skip
        return _json({"Items": shown, "Paging": paging})

    def _submit(self, given: dict[str, Any]) -> bytes:
        """Store a submission, or show what stands under its reference already."""
        name = given["ExternalId"]["Value"]
        found = self.invoices.get(name)
        if found is None:
            now = datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds")
            found = self.invoices[name] = given | {
                "Id": 900_000 + len(self.invoices),
                "Status": {"Id": 1, "Description": "Received"},
                "ApproverName": None,
                "RejectionReason": None,
                "SubmittedDate": now,
                "Images": [],
                "LastModified": now,
            }
        item = {key: found[key] for key in ("Id", "ExternalId", "Status", "LastModified")}
        return _json({"Results": [{"Successful": True, "Item": item, "Errors": []}]})


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _quoted(text: str) -> str:
    return text.replace("%", "%25").replace(" ", "%20").replace("@", "%40").replace("&", "%26")


def number_of(at: int) -> str:
    return f"INV{at:07}"


def _place(number: str) -> int:
    return int(number.removeprefix("INV"))


def supplier_of(at: int) -> str:
    return f"S{at % SUPPLIERS:04}"


def mapping() -> dict[str, list[dict[str, str]]]:
    """The rows of the mapping files that fit these documents."""
    codes = [supplier_of(at) for at in range(SUPPLIERS)]
    return {
        "vendors": [{"x3_supplier": code, "avid_vendor_code": code} for code in codes],
        "gl": [{"chart": "USA", "x3_account": one, "avid_code": one} for one in ACCOUNTS],
        "dimensions": [],
    }


def _details(at: int) -> dict[str, Any]:
    """What only a single invoice shows: its two lines among others."""
    net = 100 + at % 900
    line = {
        "COA": ["USA"], "FCYLIN": "US011", "CPYLIN": "US10", "BPRLIN": "", "TAX1": "", "TAX2": "",
        "VAT": "", "AMTTAX1": 0, "AMTTAX2": 0, "AMTVAT": 0, "DES": "Monthly service", "QTY": 1,
        "UOM": "UN", "PURTYP": 3, "DSP": "", "POHNUM": "", "POPLIN": 0, "POQSEQ": 0,
        **{f"{name}{place}": "" for place in range(1, 10) for name in ("DIE", "CCE")},
    }  # fmt: skip
    shares = (60, net - 60)
    lines = [
        line | {"LIG": number, "ACC": [ACCOUNTS[(at + number) % len(ACCOUNTS)]],
                "AMTNOTLIN": share, "AMTATILIN": share}
        for number, share in enumerate(shares, 1)
    ]  # fmt: skip
    arrays: dict[str, Any] = {"TAX": [], "BASTAX": [], "AMTTAX": []}
    return {"RATMLT": [1], "RATDIV": [1], "DES": ["Services", ""], "PILLINES": lines, **arrays}


def _vendor(at: int) -> dict[str, Any]:
    return {
        "VendorId": 5000 + at, "ExternalVendorCode": supplier_of(at), "Name": f"Supplier {at}",
        "IsActive": True, "LastModified": "2025-01-01T00:00:00.000",
    }  # fmt: skip


def _master_data(now: datetime) -> dict[str, list[Any]]:
    """Class -> rows of what changes seldom."""
    month = now.year * 12 + now.month - 1 - PERIODS // 2
    periods = []
    for place in range(month, month + PERIODS):
        first, after = _month(place), _month(place + 1)
        periods.append(
            {"CPY": "US10", "LEDTYP": 1, "FIYNUM": first.year, "PERNUM": first.month,
             "PERSTR": f"{first:%Y-%m-%d}", "PEREND": f"{after - timedelta(days=1):%Y-%m-%d}",
             "PERSTA": 2}
        )  # fmt: skip
    return {
        "COMPANY": [{"CPY": "US10", "CPYNAM": "Quick Company Inc.", "ACCCUR": "USD"}],
        "FACILITY": [{"FCY": "US011", "FCYNAM": "Plant", "LEGCPY": "US10", "CRY": "US"}],
        "PERIOD": periods,
        "TABPAYTERM": [
            {"PTE": "US30", "LEG": "USA", "PTELIN": 1, "DESAXX": "30 days", "NBRDAY": 30,
             "NBRMON": 0, "ENDMONFLG": 1, "DUDPRC": 100, "PAM": "CHQ", "PAMTYP": 1}
        ],
        "GACCOUNT": [
            {"COA": "USA", "ACC": code, "DES": f"Account {code}", "DESSHO": code, "ACCSHO": "",
             "CLSCOD": "6", "SAC": "", "ENAFLG": 2, "CUR": "", "FCY": "", "VLYSTR": None,
             "VLYEND": None, "UPDDATTIM": _OLD}
            for code in ACCOUNTS
        ],
        "BPSUPPLIER": [
            {"BPSNUM": supplier_of(at), "BPSNAM": f"Supplier {at}", "BPSSHO": f"S{at}", "ENAFLG": 2,
             "BSGCOD": "USDOM", "CUR": "USD", "PTE": "US30", "VACBPR": "USTAX",
             "BPRPAY": supplier_of(at), "BPAPAY": "A01", "BPSINV": supplier_of(at), "BPAADD": "A01",
             "PAYLOKFLG": 1, "DOUFLG": 1, "CRY": "US", "CRN": "", "EECNUM": "", "UPDDATTIM": _OLD}
            for at in range(SUPPLIERS)
        ],
        "BPADDRESS": [
            {"BPATYP": 1, "BPANUM": supplier_of(at), "BPAADD": "A01", "BPADES": "Main",
             "BPAADDLIG": [f"{at + 1} Harbor Drive", "", ""], "POSCOD": "43004",
             "CTY": "Columbus", "SAT": "OH", "CRY": "US", "CRYNAM": "United States", "TEL": [""],
             "WEB": [""], "BPAADDFLG": 2, "UPDDATTIM": _OLD}
            for at in range(SUPPLIERS)
        ],
    }  # fmt: skip


def _month(place: int) -> datetime:
    return datetime(place // 12, place % 12 + 1, 1, tzinfo=UTC)
