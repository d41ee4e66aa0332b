"""The planted faults: what is made wrong, and what the doctor is to say of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.acceptance.accept_site import Desk
from tests.campaigns import doctor_servers as servers
from tests.campaigns.doctor_faults import Bench, Fault
from tests.campaigns.doctor_servers import AUTHORITY, HOST, NAME, listening

Plant = Callable[[Bench, ExitStack], Desk]
_BEHIND = f'base_url = "https://{NAME}:8124"'
_OTHER_FOLDER = {
    "COMPANY": [{"CPY": "ZZ1", "CPYNAM": "Somebody else"}],
    "FACILITY": [{"FCY": "Z01", "FCYNAM": "Elsewhere", "LEGCPY": "ZZ1"}],
}


def with_settings(**settings: str) -> Plant:
    """Only the settings are wrong."""
    return lambda bench, _stack: bench.desk({}, **settings)


def with_secret(name: str) -> Plant:
    """A secret that is not the right one."""

    def plant(bench: Bench, _stack: ExitStack) -> Desk:
        desk = bench.desk()
        desk.set_secrets({name: "not the right one at all"})
        return desk

    return plant


def with_fault(system: str, operation: str, kind: str, **more: Any) -> Plant:
    """A system answers wrongly."""

    def plant(bench: Bench, stack: ExitStack) -> Desk:
        bench.fault(stack, system, operation, kind, **more)
        return bench.desk()

    return plant


def with_value(name: str, value: Any, usual: Any) -> Plant:
    """A system is set up otherwise."""

    def plant(bench: Bench, stack: ExitStack) -> Desk:
        bench.value(stack, name, value, usual)
        return bench.desk()

    return plant


def with_proxy(serve: Callable[[Any], None] | None) -> Plant:
    """X3 lies behind a proxy; without one, nothing listens where it should be."""

    def plant(bench: Bench, stack: ExitStack) -> Desk:
        port = stack.enter_context(listening(serve)) if serve else servers.free_port()
        return bench.desk({"HTTPS_PROXY": f"http://{HOST}:{port}"}, x3=_BEHIND)

    return plant


def with_script(bench: Bench, stack: ExitStack) -> Desk:
    """A script names the proxy, which asks for a sign-in."""
    asking = stack.enter_context(listening(servers.refusing_proxy("Basic realm=pac")))
    script = f'function FindProxyForURL(url, host) {{ return "PROXY {HOST}:{asking}"; }}'
    head = f"HTTP/1.1 200 OK\nContent-Type: text/plain\nContent-Length: {len(script)}\n"
    port = stack.enter_context(listening(servers.saying(f"{head}Connection: close\n\n{script}")))
    return bench.desk({"auto_proxy": f"http://{HOST}:{port}/proxy.pac"}, x3=_BEHIND)


def with_keys(name: str, *, side: str = "x3", is_old: bool = False, **how: Any) -> Plant:
    """A certificate that is wrong in one way."""

    def plant(bench: Bench, stack: ExitStack) -> Desk:
        if name == "self-signed":
            keys = servers.self_signed(bench.folder / "keys" / name)
        else:
            keys = bench.keys(name, **how)
        port = bench.secure(stack, keys, side=side, is_old=is_old)
        section, url = ("x3" if side == "x3" else "avidxchange"), f'"https://{HOST}:{port}"'
        lines = f"base_url = {url}"
        if section == "avidxchange":
            lines += f'\ntoken_url = "https://{HOST}:{port}/token"'
        return bench.desk({}, **{section: lines})

    return plant


def connected_app(**keys: str) -> Plant:
    """The connected application's sign-in, right but for these keys."""

    def plant(bench: Bench, _stack: ExitStack) -> Desk:
        at = bench.served.addresses
        usual = {
            "auth": "connected_app", "username": at["x3_user"], "client_id": at["x3_client_id"],
            "audience": at["x3_audience"],
        }  # fmt: skip
        lines = [f"{key} = {json.dumps(text)}" for key, text in (usual | keys).items()]
        return bench.desk(x3="\n".join(lines))

    return plant


def wrong_app_secret(bench: Bench, stack: ExitStack) -> Desk:
    desk = connected_app()(bench, stack)
    desk.set_secrets({"x3.client_secret": "not the right one but long enough to be one"})
    return desk


def silent_port(bench: Bench, stack: ExitStack) -> Desk:
    port = stack.enter_context(listening(servers.silence))
    return bench.desk(x3=f'base_url = "https://{HOST}:{port}"')


def plain_http(bench: Bench, _stack: ExitStack) -> Desk:
    return bench.desk(x3=f'base_url = "https://{HOST}:{bench.port()}"')


def other_endpoint(bench: Bench, stack: ExitStack) -> Desk:
    bench.value(stack, "x3.endpoints", ["SANDBOX", "TEST"], ["SANDBOX"])
    return bench.desk(x3='endpoint = "TEST"')


def other_companies(bench: Bench, stack: ExitStack) -> Desk:
    for name, rows in _OTHER_FOLDER.items():
        body = json.dumps({"$itemsPerPage": 1000, "$resources": rows, "$links": {}})
        more = {"match": f"/{name}?", "args": {"status": 200, "body": body}}
        bench.fault(stack, "x3", "query", "status", **more)
    return bench.desk()


def missing_ca_file(bench: Bench, stack: ExitStack) -> Desk:
    port = bench.secure(stack, bench.keys("unread"))
    return bench.desk(x3=f'base_url = "https://{HOST}:{port}"\nca_file = "gone.pem"')


def avid_closed(bench: Bench, _stack: ExitStack) -> Desk:
    base = f"http://{HOST}:{servers.free_port()}"
    return bench.desk(avidxchange=f'base_url = "{base}"\ntoken_url = "{base}/token"')


def _closed(_bench: Bench, _stack: ExitStack) -> Desk:
    return _bench.desk(x3=f'base_url = "http://{HOST}:{servers.free_port()}"')


_EXPIRED = datetime.now(UTC) - timedelta(days=3)
_NOWHERE = "x3.nowhere.invalid"
_X3, _AVID = "x3", "avidxchange"

FAULTS = [
    # --- the way ---
    Fault("unknown host name", _X3, "name", "NET-01", (_NOWHERE, "not known"),
          with_settings(x3=f'base_url = "https://{_NOWHERE}:8124"')),
    Fault("closed port", _X3, "port", "NET-01", ("refuses connections on port",), _closed),
    Fault("port that accepts and says nothing", _X3, "certificate", "NET-01",
          ("says nothing",), silent_port),
    Fault("proxy unreachable", _X3, "port", "NET-01", ("the proxy", "the environment"),
          with_proxy(None)),
    Fault("proxy asks for Basic", _X3, "proxy", "NET-02", ("Basic", "HTTPS_PROXY"),
          with_proxy(servers.refusing_proxy("Basic realm=office"))),
    Fault("proxy asks for NTLM", _X3, "proxy", "NET-02", ("NTLM", "Windows account"),
          with_proxy(servers.refusing_proxy("NTLM", "Negotiate"))),
    Fault("proxy forbids the server", _X3, "proxy", "NET-01", ("does not allow", NAME),
          with_proxy(servers.saying("HTTP/1.1 403 Forbidden\nContent-Length: 0\n\n"))),
    Fault("proxy of a script asks for Basic", _X3, "proxy", "NET-02", ("Basic",), with_script),
    # --- certificates ---
    Fault("private authority", _X3, "certificate", "TLS-01",
          (AUTHORITY, "x3.ca_file", "trust this authority"),
          with_keys("private", has_intermediate=True)),
    Fault("private authority that is not sent", _X3, "certificate", "TLS-01",
          (AUTHORITY, "x3.ca_file", "does not send it along"), with_keys("leaf only")),
    Fault("expired certificate", _X3, "certificate", "TLS-01", ("expired on", "renew"),
          with_keys("expired", ends=_EXPIRED)),
    Fault("certificate for another name", _X3, "certificate", "TLS-01",
          ("made out for other.example, not for 127.0.0.1",),
          with_keys("other name", hosts=("other.example",))),
    Fault("self-signed certificate", _X3, "certificate", "TLS-01",
          ("syracuse itself", "trust this authority"), with_keys("self-signed")),
    Fault("TLS 1.1 only", _X3, "certificate", "TLS-01", ("TLSv1.1", "TLS 1.2"),
          with_keys("old", is_old=True)),
    Fault("plain http on the https port", _X3, "certificate", "TLS-01", ("not with TLS",),
          plain_http),
    Fault("ca_file that is not there", _X3, "certificate", "CFG-01", ("x3.ca_file", "gone.pem"),
          missing_ca_file),
    # --- sign-in ---
    Fault("login page with 200", _X3, "sign-in", "NET-01", ("web page", "x3.base_url"),
          with_fault("x3", "query", "html_200")),
    Fault("wrong password", _X3, "sign-in", "AUT-01",
          ("DEMO-WS", "x3.password", "Wrong username"),
          with_secret("x3.password")),
    Fault("unknown client id (41)", _X3, "sign-in", "AUT-01", ("NOBODY", "Error 41", "client_id"),
          connected_app(client_id="NOBODY")),
    Fault("wrong user of the application (42)", _X3, "sign-in", "AUT-01",
          ("STRANGER", "Error 42", "x3.username"), connected_app(username="STRANGER")),
    Fault("wrong audience (45)", _X3, "sign-in", "AUT-01", ("Error 45", "x3.audience"),
          connected_app(audience="https://elsewhere.example")),
    Fault("wrong client secret (50)", _X3, "sign-in", "AUT-01", ("Error 50", "x3.client_secret"),
          wrong_app_secret),
    Fault("clock 10 minutes ahead", _X3, "clock", "CFG-01", (" s ahead of this computer", "NTP"),
          with_value("x3.clock_ahead_s", 600, 0), is_warning=True),
    # --- the folder and its data ---
    Fault("wrong endpoint", _X3, "endpoint", "CFG-01", ("NOWHERE", "SANDBOX"),
          with_settings(x3='endpoint = "NOWHERE"')),
    Fault("another endpoint than at set-up", _X3, "folder", "ENV-01", ("SANDBOX", "TEST"),
          other_endpoint),
    Fault("another folder behind the endpoint", _X3, "folder", "ENV-01",
          ("another folder", "company"), other_companies),
    Fault("pages without links", _X3, "paging", "CFG-01", ("next page",),
          with_fault("x3", "query", "no_links")),
    Fault("class missing", _X3, "fields of invoice", "CFG-01", ("PINVOICE", "Published"),
          with_value("x3.renames", {"PINVOICE": {"class": "ZPINVOICE"}}, {})),
    Fault("required field missing", _X3, "fields of invoice", "CFG-01",
          ("lacks BPRVCR", "[entity.invoice]"),
          with_value("x3.renames", {"PINVOICE": {"BPRVCR": "ZVCR"}}, {})),
    Fault("no right on a class", _X3, "fields of open_item", "CFG-01",
          ("no right to read GACCDUDATE", "administrator"),
          with_value("x3.denied_classes", ["GACCDUDATE"], [])),
    # --- SOAP ---
    Fault("pool alias in other case", _X3, "web services", "CFG-01",
          ("x3.soap.pool_alias", "avidpool", "capitals"),
          with_settings(x3_soap='pool_alias = "avidpool"')),
    Fault("no web services children", _X3, "web services", "CFG-01",
          ("No web services accepted", "child processes"),
          with_fault("x3", "getDescription", "no_web_services")),
    Fault("publication unknown", _X3, "publication AVIDPAX", "CFG-01",
          ("x3.soap.payment_publication", "Unknown web service"),
          with_settings(x3_soap='payment_publication = "AVIDPAX"')),
    Fault("publication out of date", _X3, "publication AVIDPAZ", "CFG-01",
          ("must be published again", "x3.soap.open_item_publication"),
          with_fault("x3", "getDescription", "out_of_date", match="AVIDPAZ")),
    # --- AvidXchange ---
    Fault("AvidXchange wrong secret", _AVID, "sign-in", "AUT-01",
          ("invalid_client", "avidxchange.client_secret"),
          with_secret("avidxchange.client_secret")),
    Fault("AvidXchange wrong company", _AVID, "organisation", "AUT-01",
          ("avidxchange.company_id", "C-9"), with_settings(avidxchange='company_id = "C-9"')),
    Fault("AvidXchange blocked (900805)", _AVID, "organisation", "RAT-02", ("blocked",),
          with_fault("avid", "list_code_groups", "blocked")),
    Fault("AvidXchange throttles", _AVID, "organisation", "RAT-01", ("429",),
          with_fault("avid", "list_code_groups", "throttled", args={"seconds": 300})),
    Fault("AvidXchange down", _AVID, "port", "NET-01", ("refuses connections",), avid_closed),
    Fault("AvidXchange answers 503", _AVID, "organisation", "NET-01", ("503", "support"),
          with_fault("avid", "*", "status", match="/v1/", args={"status": 503, "body": "{}"})),
    Fault("AvidXchange behind an inspecting proxy", _AVID, "certificate", "TLS-01",
          (AUTHORITY, "avidxchange.ca_file"),
          with_keys("inspected", side="avid", sends_authority=True)),
]  # fmt: skip
