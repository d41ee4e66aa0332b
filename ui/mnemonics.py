"""Alt shows a letter under each button in sight, and Alt with that letter presses it.

The letters are given anew whenever Alt goes down, so that they are unique among what is in sight
and leave the menus theirs; the same page gives the same letters.
"""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtWidgets import QMainWindow, QWidget

from ui.reading_order import in_reading_order
from ui.widgets_buttons import Button


def give(window: QWidget) -> None:
    """Give every button in sight its letter and show it."""
    taken = _of_menus(window)
    for button in _buttons(window):
        letter = _free_letter(button.word(), taken)
        button.set_mnemonic(letter)
        taken.add(letter)


def hide(window: QWidget) -> None:
    """Show the letters no more; they go on working."""
    for button in window.findChildren(Button):
        button.hide_mnemonic()


def _buttons(window: QWidget) -> Iterable[Button]:
    for part in in_reading_order(window):
        if isinstance(part, Button) and part.isEnabled() and part.word():
            yield part


def _of_menus(window: QWidget) -> set[str]:
    if not isinstance(window, QMainWindow):
        return set()
    texts = (action.text() for action in window.menuBar().actions())
    return {text.partition("&")[2][:1].lower() for text in texts} - {""}


def _free_letter(word: str, taken: set[str]) -> str:
    """The first letter of a word of it that is free, else any; empty when none is."""
    letters = [part[0] for part in word.split() if part[0].isalpha()]
    letters += [sign for sign in word if sign.isalpha()]
    found = (letter for letter in letters if letter.isascii() and letter.lower() not in taken)
    return next(found, "").lower()
