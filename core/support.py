"""What helps whoever helps: the bundle of a workspace's logs and facts, without secrets.

Part of the facade. No document, supplier, amount or request leaves with it: counts, states, codes,
the settings file and the logs do. Every text passes the redaction once more, with all of this
workspace's secrets known to it.
"""

from __future__ import annotations

import json
import platform
import re
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core import config
from core.errors import AppError
from core.redaction import REGISTER
from core.store import queries, values
from core.store.sqlite import Store
from core.version import VERSION
from core.words import area

say = area(__name__)

if TYPE_CHECKING:
    from core.facade import Parts

Members = dict[str, Any]

_LOGS = 5  # of the newest starts
_LONGEST = 4_000_000  # bytes of one log, its end
# A line of settings that looks like a secret was refused, but it may stand there all the same.
_SECRET_LINE = re.compile(
    r"^([^#\n=]*(?:password|passwd|secret|token(?!_url)|api_?key|private_key)[^\n=]*=).*$",
    re.IGNORECASE | re.MULTILINE,
)


class Supporting:
    """The part of the facade that makes the bundle; any thread."""

    _parts: Parts
    _store: Store

    def support_bundle(self, out: Path | None) -> Members:
        """Write the bundle as a zip and say what is in it; None shows the content only.

        Members are `file` (None when nothing was written)` , bytes, contents[{name,bytes}]`.

        Raises:
            LocalFault: DSK-01, the file cannot be written.
        """
        members = {name: REGISTER.redact(text) for name, text in self._texts().items()}
        contents = [{"name": name, "bytes": len(text.encode())} for name, text in members.items()]
        if out is not None:
            with (
                config.replacing(out) as file,
                zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
            ):
                for name, text in members.items():
                    archive.writestr(name, text)
        size = out.stat().st_size if out is not None else 0
        return {"file": str(out) if out else None, "bytes": size, "contents": contents}

    def _texts(self) -> dict[str, str]:
        unopened = self.know_all_secrets()
        directory = self._parts.directory
        found = {"about.txt": _about(unopened)}
        found["facts.json"] = json.dumps(self._facts(), indent=1)
        settings = directory / config.FILE_NAME
        if settings.exists():
            text = settings.read_text(encoding="utf-8", errors="replace")
            found[config.FILE_NAME] = _SECRET_LINE.sub(r"\1 (removed)", text)
        logs = sorted((directory / "logs").glob("*.log"), key=lambda file: file.stat().st_mtime)
        for log in logs[-_LOGS:]:
            found[f"logs/{log.name}"] = log.read_bytes()[-_LONGEST:].decode("utf-8", "replace")
        return found

    def know_all_secrets(self) -> list[str]:
        """Let the redaction know every stored secret; names of those that cannot be opened."""
        unopened = []
        for secret in self._parts.credentials.listed():
            if secret["set"]:
                try:
                    self._parts.credentials.value(secret["name"])
                except AppError:
                    unopened.append(str(secret["name"]))
        return unopened

    def _facts(self) -> Members:
        """Counts and states; nothing that names a document or a person."""
        held = json.loads(values.setting(self._store, "invariants", "{}"))
        return {
            "workspace": self._store.workspace,
            "tables": sorted(self._store.table_names()),
            "review": queries.count_reviews(self._store),
            "invariants": held,
            "store_bytes": self._store.path.stat().st_size,
        }


def _about(unopened: list[str]) -> str:
    lines = [
        say(
            "crossfoot",
            version=VERSION,
            which="packaged" if getattr(sys, "frozen", False) else say("from_source"),
        ),
        say(
            "python_on",
            python_version=platform.python_version(),
            platform=platform.platform(),
            machine=platform.machine(),
        ),
        say("logs_hold_times_addresses_without"),
    ]
    if unopened:
        lines.append(say("not_opened_here_so_removed_only_where", unopened=unopened))
    return "\n".join(lines) + "\n"
