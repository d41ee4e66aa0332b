"""The folder for what people keep of a workspace: digests, and the second copy of its backup."""

from __future__ import annotations

import sys
from pathlib import Path

from core.config import relative_to_data
from core.settings import Settings
from core.words import area

say = area(__name__)

_OURS = "Crossfoot"


def workspace_folder(directory: Path, settings: Settings) -> Path | None:
    """`[workspace] folder`, else Documents/Crossfoot; None where there is no folder Documents.

    A relative one lies in the data directory. Whether it can be reached is not looked at.
    """
    named = relative_to_data(directory, settings.workspace.folder)
    if named:
        return named
    documents = _documents()
    return documents / _OURS if documents.is_dir() else None


def signed_folder(directory: Path, settings: Settings, *, is_demo: bool) -> Path:
    """Where signed statements are filed; a demo's, or without Documents, in the data directory."""
    folder = None if is_demo else workspace_folder(directory, settings)
    return (folder or directory) / say("reconciliations")


if sys.platform == "win32":
    import ctypes

    _PERSONAL = 5  # CSIDL_PERSONAL: Documents, wherever it was moved to

    def _documents() -> Path:
        text = ctypes.create_unicode_buffer(1024)
        ctypes.windll.shell32.SHGetFolderPathW(None, _PERSONAL, None, 0, text)
        return Path(text.value) if text.value else Path.home() / say("documents")

else:

    def _documents() -> Path:
        return Path.home() / say("documents")
