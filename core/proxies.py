"""Which proxy leads to an address: environment, automatic configuration, operating system.

In this order, as browsers do. An automatic configuration script (PAC) is one that Windows or macOS
names, or the variable `auto_proxy` where a system has no such setting. This computer itself is
never asked for through a proxy. Nothing is asked of a proxy here.
"""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies_environment

import requests
from requests.utils import get_environ_proxies, select_proxy

from core.network import is_reached, place_of
from core.settings import is_loopback
from core.wire_adapter import WireAdapter
from core.words import area

say = area(__name__)

ENVIRONMENT = say("the_environment")
SCRIPT = say("the_automatic_configuration_script")
SYSTEM = say("the_operating_systems_settings")
_PAC_VARIABLE = "auto_proxy"
_NO_PROXIES = ("no", "auto")  # variables that end in _proxy and name none
_PAC_TIMEOUT_S = 4.0
_PROXY_TIMEOUT_S = 2.0
_KEPT_S = 600.0  # a script is fetched again after this
_KEPT_FAILURE_S = 60.0
_DIRECT = "DIRECT"
_MOST_CHARACTERS = 1_000_000


@dataclass(frozen=True, slots=True)
class Route:
    """The way to one address: `proxy` is an address or empty (straight there), `source` who says.

    `problem` tells what was wrong with a script, whose address is `script`; the way is then what
    the other sources say. A proxy's address may hold a password and is not shown.
    """

    proxy: str = field(default="", repr=False)
    source: str = ""
    script: str = ""
    problem: str = ""

    @property
    def shown(self) -> str:
        """The proxy as host and port, without a password; empty when there is none."""
        return place_of(self.proxy).text if self.proxy else ""


def route_to(url: str) -> Route:
    """The way to an address as this computer is set up now; may fetch a script (4 s at most)."""
    host = urlsplit(url).hostname or ""
    if is_loopback(host):
        return Route()
    named = getproxies_environment()
    if any(address for name, address in named.items() if name not in _NO_PROXIES):
        return _static(url, ENVIRONMENT)
    script = _script_address()
    if not script:
        return _static(url, SYSTEM)
    proxy, problem = _by_script(script, url, host)
    if problem:
        found = _static(url, SYSTEM)
        return Route(found.proxy, found.source, script, problem)
    return Route(proxy, SCRIPT, script)


def proxies_for(url: str) -> dict[str, str]:
    """The same way in the form that requests takes."""
    proxy = route_to(url).proxy
    return {"http": proxy, "https": proxy} if proxy else {}


def _static(url: str, source: str) -> Route:
    """What the environment or the operating system's settings say, exceptions included."""
    proxy = select_proxy(url, get_environ_proxies(url)) or ""
    if proxy and "://" not in proxy:
        proxy = f"http://{proxy}"
    return Route(proxy, source if proxy else "")


def _script_address() -> str:
    """Address or path of the script that is in force; empty when there is none."""
    from pypac import os_settings  # type: ignore[import-untyped]  # pypac ships no types

    if os_settings.ON_WINDOWS:
        return os_settings.autoconfig_url_from_registry() or ""
    if os_settings.ON_DARWIN:
        return os_settings.autoconfig_url_from_preferences() or ""
    return os.environ.get(_PAC_VARIABLE, "")


def _by_script(script: str, url: str, host: str) -> tuple[str, str]:
    """(proxy, problem) by a script; the proxy is empty for the straight way."""
    from dukpy import JSRuntimeError  # type: ignore[import-untyped]  # as pypac
    from pypac.parser import (  # type: ignore[import-untyped]  # as above
        MalformedPacError,
        PACFile,
        parse_pac_value,
    )

    text = _texts.text_of(script)
    if not text:
        return "", say("could_not_be_fetched", script=script)
    try:
        # Made anew each time: its JavaScript engine belongs to the thread that made it.
        answer = PACFile(text).find_proxy_for_url(url, host)
        ways = parse_pac_value(answer or "")
    except (MalformedPacError, JSRuntimeError, ValueError, UserWarning) as cause:
        return "", say("does_not_work", script=script, name=type(cause).__name__)
    usable = [way for way in ways if way == _DIRECT or not way.startswith("socks")]
    if not usable:
        return "", say("names_no_way_that_can_be_used", script=script, host=host, answer=answer)
    chosen = _first_reached(usable)
    return ("" if chosen == _DIRECT else chosen), ""


def _first_reached(ways: list[str]) -> str:
    """The first way that is open, as a script orders them; the first one when none is."""
    for way in ways if len(ways) > 1 else ():
        if way == _DIRECT or is_reached(place_of(way), _PROXY_TIMEOUT_S):
            return way
    return ways[0]


class _Texts:
    """Scripts by address, kept for a while; also that one could not be fetched."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[float, str]] = {}

    def text_of(self, script: str) -> str:
        """The text of a script; empty when it cannot be had."""
        with self._lock:
            until, text = self._kept.get(script, (0.0, ""))
            if time.monotonic() >= until:
                text = _fetched(script)
                kept_s = _KEPT_S if text else _KEPT_FAILURE_S
                self._kept[script] = (time.monotonic() + kept_s, text)
            return text


_texts = _Texts()


def _fetched(script: str) -> str:
    from pypac.api import download_pac  # type: ignore[import-untyped]  # as above
    from pypac.os_settings import (  # type: ignore[import-untyped]  # as above
        file_url_to_local_path,
    )

    is_file_url = script.lower().startswith("file://")
    path = file_url_to_local_path(script) if is_file_url else script
    if path and "://" not in path:
        return _of_file(Path(path))
    with requests.Session() as session:
        session.mount("https://", WireAdapter(None))
        # Any content type: browsers take a script whatever the server calls it.
        found = download_pac(
            [script], timeout=_PAC_TIMEOUT_S, allowed_content_types={""}, session=session
        )
    return (found or "")[:_MOST_CHARACTERS]


def _of_file(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")[:_MOST_CHARACTERS]
    except OSError:
        return ""  # told as a script that could not be fetched
