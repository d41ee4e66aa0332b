"""Every colour, size and type ratio of the window, and the two palettes made from them.

The figures are those of design.md 2. Widgets read a colour when they paint (`colour`, `status`) and
keep none, so a change of scheme needs a repaint and nothing else. No other file holds a hex colour.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QProxyStyle, QToolTip

from ui.measures import Sizes, Weight, font, make_tabular, sizes

__all__ = [
    "DARK", "LIGHT", "Scheme", "Sizes", "Status", "Theme", "Tokens", "Weight", "apply", "colour",
    "contrast", "font", "sizes", "tint", "tokens", "wash", "word",
]  # fmt: skip

Scheme = Literal["system", "light", "dark"]
#: Kinds of status: `ok`, `warn`, `doubt`, `bad`, `wait` and `go` (design.md 2).
KINDS = ("ok", "warn", "doubt", "bad", "wait", "go")
#: Only these states have a tinted pill: a person must act (design.md 1.1).
FILLED_KINDS = frozenset(("warn", "doubt", "bad"))

_WINDOWS_LEAST_POINTS = 10.0
_ROLE = QPalette.ColorRole
_GROUP = QPalette.ColorGroup


@dataclass(frozen=True, slots=True)
class Status:
    """Colours of one kind: `word` for icon and text, `tint` for a pill, `wash` for a banner."""

    word: str
    tint: str
    wash: str


@dataclass(frozen=True, slots=True)
class Tokens:
    """One theme. Fields are the tokens of design.md 2, as hex text."""

    window: str
    base: str
    alt: str
    text: str
    muted: str
    disabled: str
    button: str
    edge: str
    control: str
    line: str
    hair: str
    hover: str
    select: str
    selecttext: str
    accent: str
    accenttext: str
    accenthover: str
    link: str
    tip: str
    tiptext: str
    mark: str
    ok: Status
    warn: Status
    doubt: Status
    bad: Status
    wait: Status
    go: Status
    is_dark: bool = False
    is_high_contrast: bool = False


LIGHT = Tokens(
    window="#F3F4F6",
    base="#FFFFFF",
    alt="#F8F9FB",
    text="#1A1E26",
    muted="#565F6E",
    disabled="#969DA9",
    button="#FFFFFF",
    edge="#BCC3CE",
    control="#818998",
    line="#D8DCE3",
    hair="#E9ECF0",
    hover="#F1F5FC",
    select="#DDE8FA",
    selecttext="#1A1E26",
    accent="#1F55B0",
    accenttext="#FFFFFF",
    accenthover="#184690",
    link="#1F55B0",
    tip="#2B303A",
    tiptext="#FFFFFF",
    mark="#C47A10",
    ok=Status("#17693A", "#E2F2E8", "#F0F8F4"),
    warn=Status("#874B00", "#FDEFD6", "#FEF7EA"),
    doubt=Status("#6B35A8", "#F0E7FA", "#F8F3FC"),
    bad=Status("#AE1E2A", "#FCE6E6", "#FEF2F2"),
    wait=Status("#565F6E", "#ECEEF2", "#F8F9FB"),
    go=Status("#1F55B0", "#E3ECFA", "#F1F6FC"),
)

DARK = Tokens(
    window="#181B20",
    base="#20242B",
    alt="#252A32",
    text="#E7EAEF",
    muted="#A4ADBA",
    disabled="#69717E",
    button="#2A2F38",
    edge="#4A525F",
    control="#727B89",
    line="#3A414C",
    hair="#2D333C",
    hover="#272E3A",
    select="#2B3F60",
    selecttext="#F2F5FA",
    accent="#8DB4F7",
    accenttext="#0F1B30",
    accenthover="#A9C7FA",
    link="#8DB4F7",
    tip="#E7EAEF",
    tiptext="#1A1E26",
    mark="#F2BC68",
    ok=Status("#74CF98", "#1D3A2A", "#1E2F2A"),
    warn=Status("#F2BC68", "#43341A", "#322C22"),
    doubt=Status("#C9A6F5", "#392A50", "#2C273E"),
    bad=Status("#FF9C9C", "#4A2529", "#35242A"),
    wait=Status("#A4ADBA", "#2D333C", "#252A32"),
    go=Status("#8DB4F7", "#26375A", "#232E42"),
    is_dark=True,
)


class _Active:
    """What is in force now; replaced as a whole by `apply`."""

    tokens: Tokens = LIGHT
    keeper: Theme | None = None


def tokens() -> Tokens:
    """The theme in force."""
    return _Active.tokens


@cache
def _colour_of(text: str) -> QColor:
    return QColor(text)


def colour(name: str) -> QColor:
    """Colour of a token (`"muted"`) or of the word of a status kind (`"warn"`), in force now."""
    value = getattr(_Active.tokens, name)
    return _colour_of(value.word if isinstance(value, Status) else value)


def tint(kind: str) -> QColor:
    """Fill of a pill or disc of this status kind."""
    return _colour_of(_status(kind).tint)


def wash(kind: str) -> QColor:
    """Fill of a banner of this status kind."""
    return _colour_of(_status(kind).wash)


def _status(kind: str) -> Status:
    value = getattr(_Active.tokens, kind)
    if not isinstance(value, Status):
        raise KeyError(kind)
    return value


def word(kind: str, *, is_selected: bool = False) -> QColor:
    """Colour of icon and word of a status on a plain row; follows a strong selection colour."""
    is_strong = is_selected and _Active.tokens.is_high_contrast
    return colour("selecttext" if is_strong else kind)


def luminance(value: QColor) -> float:
    """Relative luminance by the formula of WCAG 2."""

    def linear(part: float) -> float:
        return part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4  # noqa: PLR2004 WCAG 2 constants

    red, green, blue = (linear(part) for part in (value.redF(), value.greenF(), value.blueF()))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: QColor | str, other: QColor | str) -> float:
    """Contrast ratio of two colours by WCAG 2, from 1 to 21."""
    darker, lighter = sorted((luminance(QColor(one)), luminance(QColor(other))))
    return (lighter + 0.05) / (darker + 0.05)


def _roles(look: Tokens) -> dict[QPalette.ColorRole, str]:
    return {
        _ROLE.Window: look.window,
        _ROLE.WindowText: look.text,
        _ROLE.Base: look.base,
        _ROLE.AlternateBase: look.alt,
        _ROLE.Text: look.text,
        _ROLE.PlaceholderText: look.muted,
        _ROLE.Button: look.button,
        _ROLE.ButtonText: look.text,
        _ROLE.BrightText: look.accenttext,
        _ROLE.Light: look.base,
        _ROLE.Midlight: look.hair,
        _ROLE.Mid: look.line,
        _ROLE.Dark: look.control,
        _ROLE.Shadow: look.control,
        _ROLE.Highlight: look.accent,
        _ROLE.HighlightedText: look.accenttext,
        _ROLE.Accent: look.accent,
        _ROLE.Link: look.link,
        _ROLE.LinkVisited: look.link,
        _ROLE.ToolTipBase: look.tip,
        _ROLE.ToolTipText: look.tiptext,
    }


def palette(look: Tokens, *, is_for_lists: bool = False) -> QPalette:
    """Palette of a theme; item views have the pale Highlight so that pills stay readable."""
    made = QPalette()
    for role, value in _roles(look).items():
        made.setColor(role, _colour_of(value))
    for role in (_ROLE.WindowText, _ROLE.Text, _ROLE.ButtonText, _ROLE.PlaceholderText):
        made.setColor(_GROUP.Disabled, role, _colour_of(look.disabled))
    if is_for_lists:
        made.setColor(_ROLE.Highlight, _colour_of(look.select))
        made.setColor(_ROLE.HighlightedText, _colour_of(look.selecttext))
    return made


def high_contrast(system: QPalette) -> Tokens:
    """A theme of the system's own colours; fills become borders (design.md 6)."""

    def role(which: QPalette.ColorRole) -> str:
        return system.color(_GROUP.Active, which).name()

    text, base, chosen = role(_ROLE.WindowText), role(_ROLE.Base), role(_ROLE.Highlight)
    plain = Status(text, base, base)
    return Tokens(
        window=role(_ROLE.Window),
        base=base,
        alt=base,
        text=text,
        muted=text,
        disabled=system.color(_GROUP.Disabled, _ROLE.WindowText).name(),
        button=role(_ROLE.Button),
        edge=text,
        control=text,
        line=text,
        hair=text,
        hover=base,
        select=chosen,
        selecttext=role(_ROLE.HighlightedText),
        accent=chosen,
        accenttext=role(_ROLE.HighlightedText),
        accenthover=chosen,
        link=role(_ROLE.Link),
        tip=role(_ROLE.ToolTipBase),
        tiptext=role(_ROLE.ToolTipText),
        mark=text,
        ok=plain,
        warn=plain,
        doubt=plain,
        bad=plain,
        wait=plain,
        go=plain,
        is_dark=luminance(QColor(base)) < luminance(QColor(text)),
        is_high_contrast=True,
    )


class Theme(QObject):
    """Keeps the application in one look and follows the system; lives as long as the application.

    `changed` is emitted after both palettes are set; who keeps pixmaps or metrics clears them then.
    """

    changed = Signal()

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        from ui.house_style import HouseStyle

        self._app = app
        self._scheme: Scheme = "system"
        # The style is kept: a style that Python collects takes the application with it.
        self._style: QProxyStyle = HouseStyle("fusion")
        app.setStyle(self._style)
        base = app.font()
        if sys.platform == "win32" and base.pointSizeF() < _WINDOWS_LEAST_POINTS:
            base.setPointSizeF(_WINDOWS_LEAST_POINTS)
        make_tabular(base)
        app.setFont(base)
        # Kept in a variable: the object behind a temporary is deleted at once.
        self._hints = app.styleHints()
        self._hints.colorSchemeChanged.connect(self._follow)

    def choose(self, scheme: Scheme) -> None:
        """Switch to a scheme; `system` follows it from now on."""
        self._scheme = scheme
        wanted = {"light": Qt.ColorScheme.Light, "dark": Qt.ColorScheme.Dark}
        self._hints.setColorScheme(wanted.get(scheme, Qt.ColorScheme.Unknown))
        self._follow()

    def show(self, look: Tokens) -> None:
        """Put one set of tokens in force; used by `choose` and by pictures."""
        from ui import icons

        icons.clear_cache()
        _Active.tokens = look
        self._app.setPalette(palette(look))
        # After the first one: a palette without a class drops those with one (measured).
        lists: Any = "QAbstractItemView"  # The stub asks for bytes, the call for text.
        self._app.setPalette(palette(look, is_for_lists=True), lists)
        QToolTip.setPalette(palette(look))
        self.changed.emit()

    def _follow(self) -> None:
        self.show(self._wanted())

    def _wanted(self) -> Tokens:
        if self._asks_for_contrast():
            return high_contrast(self._app.style().standardPalette())
        is_dark = self._hints.colorScheme() == Qt.ColorScheme.Dark
        if self._scheme != "system":
            is_dark = self._scheme == "dark"
        return DARK if is_dark else LIGHT

    def _asks_for_contrast(self) -> bool:
        # Qt tells this since 6.10; before that the clerk's own scheme stands.
        accessibility = getattr(self._hints, "accessibility", None)
        if accessibility is None:
            return False
        preference = accessibility().contrastPreference()
        return bool(preference == Qt.ContrastPreference.HighContrast)


def apply(app: QApplication, scheme: Scheme = "system") -> Theme:
    """Give the application its style, font features and palettes; safe to call again to switch.

    Returns the theme, whose `changed` signal tells of a new look.
    """
    keeper = _Active.keeper
    if keeper is None:
        keeper = Theme(app)
        _Active.keeper = keeper
    keeper.choose(scheme)
    return keeper
