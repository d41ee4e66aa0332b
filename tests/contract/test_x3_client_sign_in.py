"""Basic sign-in: a password that was refused is not tried again (sage-x3.md 4.1)."""

from __future__ import annotations

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
