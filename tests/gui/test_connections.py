"""Signals are connected to methods of ours: of one to a method that is Qt's own something stays.

PySide keeps the name of such a method for ever, some fifty bytes at each opening of a dialog. A
method that is meant has a name of its own here, so that it can be told from Qt's by its name.
"""

import ast
import inspect
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from PySide6 import QtCore, QtGui, QtNetwork, QtWidgets

UI = Path(__file__).resolve().parents[2] / "ui"
#: Of ours, though some class of Qt has a method of the same name.
OURS = frozenset({"model.reload", "self.faults.show", "self.notices.open", "self.pages.show"})
#: Once for each later start: a method of ours would be called for a caller that is already gone.
MEANT = frozenset({"caller.deleteLater"})


@cache
def qt_names() -> frozenset[str]:
    """Names of all methods of all classes of Qt that are objects; signals are no methods."""
    modules = (QtCore, QtGui, QtNetwork, QtWidgets)
    kinds = [
        kind
        for module in modules
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if issubclass(kind, QtCore.QObject)
    ]
    names = {name for kind in kinds for name in dir(kind) if callable(getattr(kind, name, None))}
    signals = {
        name
        for kind in kinds
        for name in dir(kind)
        if isinstance(getattr(kind, name, None), QtCore.Signal)
    }
    return frozenset(names - signals)


def slots(tree: ast.AST, own: frozenset[str] = frozenset()) -> Iterator[ast.Attribute]:
    """What signals and timers call in a module, but for methods its class has itself."""
    for node in ast.iter_child_nodes(tree):
        within = own
        if isinstance(node, ast.ClassDef):
            within = frozenset(one.name for one in node.body if isinstance(one, ast.FunctionDef))
        if isinstance(node, ast.Call) and (slot := _slot_of(node)) is not None:
            is_self = isinstance(slot.value, ast.Name) and slot.value.id == "self"
            if not (is_self and slot.attr in own):
                yield slot
        yield from slots(node, within)


def _slot_of(call: ast.Call) -> ast.Attribute | None:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    at = {"connect": 0, "Soon": 1}.get(name)
    slot = call.args[at] if at is not None and len(call.args) > at else None
    return slot if isinstance(slot, ast.Attribute) else None


def of_qt(text: str) -> list[str]:
    """Slots in the text of a module that are Qt's own."""
    names = qt_names()
    found = [slot for slot in slots(ast.parse(text)) if slot.attr in names]
    told = [(slot.lineno, ast.unparse(slot)) for slot in found]
    return [f"{line}: {slot}" for line, slot in told if slot not in OURS | MEANT]


def test_no_signal_calls_a_method_of_qt() -> None:
    found = [
        f"{path.name}:{told}"
        for path in sorted(UI.rglob("*.py"))
        for told in of_qt(path.read_text(encoding="utf-8"))
    ]
    assert not found, (
        "connect to a method of ours, as `OwnDialog.leave` or `Soon.begin_anew`:\n"
        + ("\n".join(found))
    )


def test_a_method_of_qt_is_seen() -> None:
    text = """
class Dialog(QDialog):
    def __init__(self):
        self.button.clicked.connect(self.reject)
        self.button.clicked.connect(self.leave)
        self.button.clicked.connect(self.accepted)
        self.button.clicked.connect(self.close)
        self.changed.connect(self.timer.start)
        self.timer = Soon(self, self.label.hide)

    def close(self):
        super().close()
"""
    assert of_qt(text) == ["4: self.reject", "8: self.timer.start", "9: self.label.hide"]
