"""Mappings: what X3 calls things and what AvidXchange calls them, with the evidence for each pair.

A list per kind with what is left to do in front, the pane at its right, and the commands over both.
Writing goes to this computer's mapping only and every edit can be taken back with Ctrl+Z.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from core.desk import Desk
from core.desk_views import ImportView, MappingView, Suggestion
from core.errors import AppError
from ui import formats, list_text, mapping_lists, theme
from ui.announce import announce
from ui.bridge import Bridge, Ticket
from ui.dialogs import ConfirmDialog, ErrorDialog, Question
from ui.faults import problem_of
from ui.list_spec import Query, Row
from ui.list_view import ListView
from ui.mapping_dialogs import AcceptAllDialog, CodeDialog, TestDialog, sure_members
from ui.mapping_import import ImportDialog
from ui.mapping_lists import KINDS, TITLES, MappingSource
from ui.mapping_pane import MappingPane
from ui.widgets import Button, Segment

_PANE, _PANE_NARROW = 400, 360
_WIDE, _NARROW = 1500, 1200
_LOOK_AHEAD = 2_000  # rows in memory that are searched for the next one to do
_FILTER = "Excel workbook (*.xlsx);;Comma separated (*.csv)"
_VIEW_FILTER = f"{_FILTER};;JSON lines (*.json)"
_TOPICS = frozenset({"mappings", "review"})
