"""Colours, sizes, icons and the change of scheme, against design.md 2."""

import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QAccessible, QColor, QImage, QPainter, QPalette
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QDateEdit,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QSpinBox,
    QTableView,
    QWidget,
)

from ui import icons, painting, theme
from ui.announce import announce
from ui.theme import DARK, LIGHT, Status, Tokens
from ui.widgets import Button, TextLabel

ROOT = Path(__file__).resolve().parents[2]
TEXT, BORDER = 4.5, 3.0
THEMES = [pytest.param(LIGHT, id="light"), pytest.param(DARK, id="dark")]
SURFACES = ("base", "alt", "window", "hover", "select")


def text_pairs(look: Tokens) -> Iterator[tuple[str, str, str]]:
    """Every text colour on every surface it can stand on: name, colour, surface."""
    for tone in ("text", "muted", "link"):
        for surface in (*SURFACES, "button"):
            yield f"{tone} on {surface}", getattr(look, tone), getattr(look, surface)
    yield "selected text", look.selecttext, look.select
    yield "text on quiet hover", look.text, look.hair
    yield "primary", look.accenttext, look.accent
    yield "primary under the pointer", look.accenttext, look.accenthover
    yield "tool tip", look.tiptext, look.tip
    for kind in theme.KINDS:
        status: Status = getattr(look, kind)
        for name, surface in (("tint", status.tint), ("wash", status.wash)):
            yield f"{kind} on its {name}", status.word, surface
            yield f"text on {kind} {name}", look.text, surface
        for name in SURFACES:
            yield f"{kind} on {name}", status.word, getattr(look, name)
    yield "count in an idle segment", look.warn.word, look.wait.tint
    yield "word in an idle segment", look.muted, look.wait.tint
    yield "key of a chip", look.muted, look.go.tint
    yield "chosen segment", look.text, look.line if look.is_dark else look.base
    yield "count in the chosen segment", look.warn.word, look.line if look.is_dark else look.base


def border_pairs(look: Tokens) -> Iterator[tuple[str, str, str]]:
    for surface in ("base", "window"):
        yield f"control on {surface}", look.control, getattr(look, surface)
        yield f"mark on {surface}", look.mark, getattr(look, surface)
    for surface in (*SURFACES, "button"):
        yield f"focus on {surface}", look.accent, getattr(look, surface)
    yield "ring of the primary", look.accenttext, look.accent
    yield "tick", look.accenttext, look.accent
    yield "edge of a wrong field", look.bad.word, look.base


@pytest.mark.parametrize("look", THEMES)
def test_every_text_can_be_read(look: Tokens) -> None:
    pairs = list(text_pairs(look))
    low = [f"{n} {theme.contrast(a, b):.2f}" for n, a, b in pairs if theme.contrast(a, b) < TEXT]
    assert len(pairs) > 80
    assert not low


@pytest.mark.parametrize("look", THEMES)
def test_every_border_and_ring_can_be_seen(look: Tokens) -> None:
    pairs = list(border_pairs(look))
    low = [f"{n} {theme.contrast(a, b):.2f}" for n, a, b in pairs if theme.contrast(a, b) < BORDER]
    assert not low


def test_contrast_is_that_of_wcag() -> None:
    assert theme.contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert theme.contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)
    assert theme.contrast("#FFFFFF", "#777777") == theme.contrast("#777777", "#FFFFFF")


def test_no_other_file_of_the_window_holds_a_colour_or_a_style_sheet() -> None:
    colour = re.compile(r"[\"']#[0-9a-fA-F]{3,8}[\"']|setStyleSheet|QColor\(\s*\d")
    found = [
        f"{path.name}: {line.strip()}"
        for path in sorted((ROOT / "ui").glob("*.py"))
        if path.name != "theme.py"
        for line in path.read_text(encoding="utf-8").splitlines()
        if colour.search(line)
    ]
    assert not found


def test_sizes_at_the_font_of_the_pictures_are_those_of_the_design() -> None:
    room = theme.Sizes(16, 4)
    found = (room.row, room.control, room.small_button, room.pill, room.small_row, room.tab)
    assert found == (28, 30, 24, 21, 26, 40)
    assert (room.progress, room.margin, room.scaled(14)) == (38, 14, 14)
    assert theme.Sizes(32, 8).scaled(14) == 28


def test_fonts_follow_the_ratio_and_have_tabular_figures(qapp: QApplication) -> None:
    large = theme.font(1.5, theme.Weight.DemiBold)
    assert large.pointSizeF() == pytest.approx(qapp.font().pointSizeF() * 1.5)
    assert large.weight() == theme.Weight.DemiBold
    assert painting.text_width("1111", large) == painting.text_width("0000", large)


def test_lists_have_the_pale_highlight_after_every_change(qapp: QApplication) -> None:
    table, field = QTableView(), QLineEdit()
    table.show()
    field.show()
    for scheme, look in (("dark", DARK), ("light", LIGHT), ("dark", DARK)):
        theme.apply(qapp, "dark" if scheme == "dark" else "light")
        qapp.processEvents()
        pale, strong = table.palette().highlight().color(), field.palette().highlight().color()
        assert pale == QColor(look.select)
        assert strong == QColor(look.accent)
        assert table.viewport().palette().base().color() == QColor(look.base)
    table.close()
    field.close()


def test_labels_take_the_colour_of_their_tone_in_the_new_scheme(qapp: QApplication) -> None:
    holder = QWidget()
    label = TextLabel("12 invoices", tone="warn")
    label.setParent(holder)
    holder.show()
    assert label.palette().color(QPalette.ColorRole.WindowText) == QColor(LIGHT.warn.word)
    theme.apply(qapp, "dark")
    qapp.processEvents()
    assert label.palette().color(QPalette.ColorRole.WindowText) == QColor(DARK.warn.word)
    holder.close()


def test_who_wants_more_contrast_gets_the_colours_of_the_system(qapp: QApplication) -> None:
    system = QPalette()
    for role, value in (
        (QPalette.ColorRole.Window, "#000000"),
        (QPalette.ColorRole.Base, "#000000"),
        (QPalette.ColorRole.WindowText, "#FFFF00"),
        (QPalette.ColorRole.Highlight, "#1AEBFF"),
        (QPalette.ColorRole.HighlightedText, "#000000"),
        (QPalette.ColorRole.Button, "#000000"),
    ):
        system.setColor(role, QColor(value))
    look = theme.high_contrast(system)
    assert look.is_high_contrast
    assert look.is_dark
    assert {look.text, look.muted, look.control, look.warn.word} == {"#ffff00"}
    keeper = theme.apply(qapp, "light")
    keeper.show(look)
    image = painted_pill("warn")
    assert image.pixelColor(40, 3) == QColor("#000000"), "no fill"
    border = {image.pixelColor(40, y).name() for y in range(image.height())}
    assert "#ffff00" in border, "the fill became a border"


def painted_pill(kind: str) -> QImage:
    image = QImage(120, 24, QImage.Format.Format_ARGB32)
    image.fill(theme.colour("base"))
    painter = QPainter(image)
    look = painting.PillLook("alert-triangle", "Needs review", kind)
    painting.paint_pill(painter, QRectF(0, 12, 1, 1).topLeft(), look)
    painter.end()
    return image


def test_only_what_needs_a_person_is_filled(qapp: QApplication) -> None:
    assert painted_pill("warn").pixelColor(60, 3) == QColor(LIGHT.warn.tint)
    assert painted_pill("wait").pixelColor(60, 3) == QColor(LIGHT.base)


def test_every_icon_that_is_named_can_be_painted(qapp: QApplication) -> None:
    known = set(icons.names())
    named = set(icons.STATES.values()) | set(icons.COMMANDS.values())
    named |= {icon for icon, _ in (*icons.MAPPINGS.values(), *icons.CHECKS.values())}
    assert named <= known
    ink = QColor(LIGHT.accent)
    for name in sorted(known):
        image = icons.pixmap(name, ink, 16, 2.0).toImage()
        assert image.width() == 32
        seen = {image.pixelColor(x, y).alpha() for x in range(32) for y in range(32)}
        assert max(seen) > 0, f"{name} paints nothing"


def test_icons_written_in_the_window_exist() -> None:
    known = set(icons.names())
    pattern = re.compile(r"icon(?:s\.icon\(|=)\s*\"([a-z0-9-]+)\"|IconLabel\(\"([a-z0-9-]+)\"")
    used = {
        first or second
        for path in (ROOT / "ui").glob("*.py")
        for first, second in pattern.findall(path.read_text(encoding="utf-8"))
    }
    assert used <= known


def test_icons_have_the_colour_asked_for_and_are_kept(qapp: QApplication) -> None:
    icons.clear_cache()
    ink = QColor(LIGHT.bad.word)
    first = icons.pixmap("circle-x", ink, 16, 1.5)
    assert icons.pixmap("circle-x", ink, 16, 1.5) is first
    assert first.devicePixelRatio() == 1.5
    assert first.width() == 24
    image = first.toImage()
    full = [
        image.pixelColor(x, y).name().upper()
        for x in range(24)
        for y in range(24)
        if image.pixelColor(x, y).alpha() == 255
    ]
    assert ink.name().upper() in full
    with pytest.raises(FileNotFoundError):
        icons.pixmap("no-such-icon", ink, 16)


def colours_of(widget: QWidget) -> set[str]:
    image = widget.grab().toImage()
    return {
        image.pixelColor(x, y).name().upper()
        for x in range(image.width())
        for y in range(image.height())
    }


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_outlines_do_not_vanish_and_rings_are_seen(qapp: QApplication, scheme: str) -> None:
    theme.apply(qapp, "dark" if scheme == "dark" else "light")
    look = theme.tokens()
    box, field, button = QCheckBox("Box"), QLineEdit(), QPushButton("Native")
    assert look.control.upper() in colours_of(box)
    assert look.control.upper() in colours_of(field)
    assert look.edge.upper() in colours_of(button)
    box.setChecked(True)
    assert look.accent.upper() in colours_of(box)
    primary = Button("Sync now", kind="primary")
    assert look.accent.upper() in colours_of(primary)
    field.show()
    field.activateWindow()
    field.setFocus()
    qapp.processEvents()
    assert field.hasFocus()
    assert look.accent.upper() in colours_of(field)
    field.close()


def test_native_controls_are_as_high_as_ours(qapp: QApplication) -> None:
    room = theme.sizes()
    for control in (QSpinBox(), QDateEdit(), QComboBox(), QLineEdit()):
        assert control.sizeHint().height() == room.control, type(control).__name__
        assert theme.tokens().control.upper() in colours_of(control)
    for target in (QCheckBox("Box"), QRadioButton("Choice")):
        assert target.sizeHint().height() >= room.small_button


def test_a_typed_combo_has_one_frame(qapp: QApplication) -> None:
    combo = QComboBox()
    combo.setEditable(True)
    combo.resize(200, theme.sizes().control)
    image = combo.grab().toImage()
    edge = theme.colour("control").name()
    column = [image.pixelColor(60, y).name() for y in range(image.height())]
    assert column.count(edge) == 2


def test_what_changed_is_announced_without_a_screen_reader_too(qapp: QApplication) -> None:
    holder = QWidget()
    was_active = QAccessible.isActive()
    announce(holder, "The run has ended. 2 invoices need you.")
    QAccessible.setActive(True)
    announce(holder, "The run has ended. 2 invoices need you.")
    assert QAccessible.isActive()
    QAccessible.setActive(was_active)


def test_the_system_is_followed_until_a_scheme_is_chosen(qapp: QApplication) -> None:
    keeper = theme.apply(qapp, "system")
    expected = DARK if qapp.styleHints().colorScheme() == Qt.ColorScheme.Dark else LIGHT
    assert theme.tokens() is expected
    seen: list[bool] = []
    keeper.changed.connect(lambda: seen.append(theme.tokens().is_dark))
    theme.apply(qapp, "dark")
    assert seen
    assert seen[-1]
    assert theme.apply(qapp, "light") is keeper


def test_all_tokens_are_colours() -> None:
    for look in (LIGHT, DARK):
        for entry in fields(look):
            value = getattr(look, entry.name)
            if isinstance(value, Status):
                assert all(QColor(part).isValid() for part in (value.word, value.tint, value.wash))
            elif isinstance(value, str):
                assert QColor(value).isValid()
