"""Code groups and codes of the simulated AvidXchange (avidxchange.md 2.4); read only.

Groups hold under ``company|group``, codes under ``company|group|value``.
"""

from core.sandbox import avid_lists, avid_pages
from core.sandbox.avid_answers import Answer
from core.sandbox.avid_exchange import Exchange
from core.sandbox.avid_rows import CODES, GROUPS, settle, view
from core.sandbox.state import Row, State

MAX_DESCRIPTION = 50


def put_group(state: State, company: str, name: str, *, required: bool) -> None:
    """Make or change a group; visible at once."""
    row: Row = {"Company": company, "GroupName": name, "IsRequired": required}
    settle(row)
    state.table(GROUPS).put(f"{company}|{name}", row)


def put_code(
    state: State, company: str, group: str, value: str, description: str, *, active: bool = True
) -> None:
    """Make or change a code; visible at once. The description is cut to 50."""
    row: Row = {
        "Company": company,
        "GroupName": group,
        "CodeValue": value,
        "Description": description[:MAX_DESCRIPTION],
        "IsActive": active,
    }
    settle(row)
    state.table(CODES).put(f"{company}|{group}|{value}", row)


def group_of(state: State, company: str, name: str) -> Row | None:
    """Return a group by its exact name."""
    return state.table(GROUPS).get(f"{company}|{name}")


def code_of(state: State, company: str, group: str, value: str) -> Row | None:
    """Return a code by its exact group and value."""
    return state.table(CODES).get(f"{company}|{group}|{value}")


def required_groups(state: State, company: str) -> list[str]:
    """Return the names of the groups that every invoice line needs."""
    return [
        str(row["GroupName"])
        for row in state.table(GROUPS).values()
        if row["Company"] == company and row["IsRequired"]
    ]


def list_code_groups(exchange: Exchange) -> Answer:
    """Answer the list of groups, by name."""
    query = avid_lists.parameters(exchange)
    seen = view(exchange.state, GROUPS, exchange.company, lambda row: (row["GroupName"],))
    return avid_pages.answer(exchange, seen.rows, _group, query)


def list_codes(exchange: Exchange) -> Answer:
    """Answer the list of codes, by group and value; an unknown group gives an empty list."""
    query = avid_lists.parameters(exchange)
    seen = view(
        exchange.state, CODES, exchange.company, lambda row: (row["GroupName"], row["CodeValue"])
    )
    rows = seen.rows
    if "groupName" in query:
        rows = seen.matching("group", lambda row: [row["GroupName"]], [query["groupName"]])
    return avid_pages.answer(exchange, rows, _code, query)


def _group(row: Row) -> Row:
    return {"GroupName": row["GroupName"], "IsRequired": row["IsRequired"]}


def _code(row: Row) -> Row:
    return {name: row[name] for name in ("GroupName", "CodeValue", "Description", "IsActive")}
