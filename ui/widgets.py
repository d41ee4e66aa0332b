"""The shared parts of the window, gathered under one name; each lies in the file of its meaning.

`from ui.widgets import Button, Card`. Colours and sizes are those of `ui.theme`.
"""

from __future__ import annotations

from ui.painting import PillLook
from ui.widgets_buttons import Button, ButtonKind, IconButton
from ui.widgets_cards import Banner, Box, Card, EmptyState, FigureCard, Panel, QuotedBox
from ui.widgets_choices import Chip, Segment, TabBar
from ui.widgets_evidence import ChoiceCard, Evidence, EvidenceRow, MatchBar
from ui.widgets_fields import Combo, Field, FindField, LineEdit, SecretEdit
from ui.widgets_history import Timeline, TimelineEntry
from ui.widgets_scroll import ScrollArea, ScrollBar, dress
from ui.widgets_strips import (
    EnvironmentStrip,
    ProgressLine,
    ProgressStrip,
    StatusBar,
    StatusPart,
)
from ui.widgets_text import (
    ElidingLabel,
    Facts,
    Hairline,
    IconLabel,
    PillLabel,
    TextLabel,
    group_heading,
)

__all__ = [
    "Banner", "Box", "Button", "ButtonKind", "Card", "Chip", "ChoiceCard", "Combo",
    "ElidingLabel", "EmptyState", "EnvironmentStrip", "Evidence", "EvidenceRow", "Facts", "Field",
    "FigureCard", "FindField", "Hairline", "IconButton", "IconLabel", "LineEdit", "MatchBar",
    "Panel", "PillLabel", "PillLook", "ProgressLine", "ProgressStrip", "QuotedBox", "ScrollArea",
    "ScrollBar", "SecretEdit", "Segment", "StatusBar", "StatusPart", "TabBar", "TextLabel",
    "Timeline", "TimelineEntry", "dress", "group_heading",
]  # fmt: skip
