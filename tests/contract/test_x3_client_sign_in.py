"""Basic sign-in: a wrong password is tried once, however many threads ask (sage-x3.md 4.1)."""

from __future__ import annotations

import threading

import pytest

from core.errors import AuthError
from core.x3.auth import BasicAuth


def test_a_refused_sign_in_is_not_tried_again_until_the_password_changes() -> None:
    password = ["first"]
    auth = BasicAuth("WS", lambda: password[0])
    signature = auth.header()
    assert auth.renew(signature) is False
    with pytest.raises(AuthError) as refused:
        auth.header()
    assert refused.value.code == "AUT-01"
    password[0] = "second"
    assert auth.header() != signature


def test_the_first_request_goes_alone_and_the_others_after_it_together() -> None:
    auth = BasicAuth("WS", lambda: "good")
    entered = threading.Event()

    def other() -> None:
        with auth.turn():
            entered.set()

    with auth.turn():
        thread = threading.Thread(target=other)
        thread.start()
        assert not entered.wait(0.1)
        auth.accepted(auth.header())
    thread.join(2)
    assert entered.is_set()
    with auth.turn(), auth.turn():
        assert auth.header().startswith("Basic ")
