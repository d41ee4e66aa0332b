"""Usage, settings and lists on an empty workspace: statuses, members, and silence on failure."""

from __future__ import annotations

import subprocess

import pytest
from conftest import Workspace  # type: ignore[import-not-found]  # pytest's own path
