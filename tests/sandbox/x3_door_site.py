"""The doors of the simulated X3 over real HTTP, for the tests next to it; tokens are PyJWT's."""

import base64
import hashlib
import re
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import requests

from core.sandbox import server
from tests.sandbox.x3_caller import SERVICE

CALLBACK = "http://127.0.0.1:53682/callback"
WITH_STATE = "Zm9yIGEgdGVzdCBvbmx5LCBvbmUgc3RhdGUgb2YgMzI"
SOAP_BODY = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" '
    'xmlns:w="http://www.adonix.com/WSS"><s:Body><w:query><callContext><poolAlias>AVIDPOOL'
    "</poolAlias></callContext><publicName>AVIDPAY</publicName><objectKeys><keys><key>REF</key>"
    "<value>AVD1</value></keys></objectKeys><listSize>1</listSize></w:query></s:Body></s:Envelope>"
)
DOORS = ("api1", "soap", "graphql")


class Doors:
    """One simulated X3 and its gateway."""

    def __init__(self) -> None:
        self.sandbox = server.start(None, seed=3, invoices=0)
        self.state = self.sandbox.state
        self.at = self.sandbox.addresses
        self.base = self.at.x3_url

    def knock(self, door: str, authorization: str | None) -> requests.Response:
        """Make one harmless call at this door."""
        headers = {} if authorization is None else {"Authorization": authorization}
        if door == "api1":
            path = "/api1/x3/erp/SANDBOX/COMPANY?representation=COMPANY.$query"
            return requests.get(self.base + path, headers=headers, timeout=10)
        if door == "soap":
            headers |= {"Content-Type": "text/xml; charset=utf-8"}
            url = f"{self.base}/soap-generic{SERVICE}"
            return requests.post(url, SOAP_BODY, headers=headers, timeout=10)
        headers |= {"x-xtrem-endpoint": "SANDBOX"}
        body = {"query": "{ __typename }"}
        return requests.post(f"{self.base}/xtrem/api", json=body, headers=headers, timeout=10)

    def fault(self, kind: str, operation: str = "*", **rest: Any) -> None:
        entry = {"system": "x3", "operation": operation, "kind": kind, **rest}
        self.admin("POST", "faults", [entry])

    def admin(self, method: str, path: str, body: Any = None) -> Any:
        answer = requests.request(method, f"{self.base}/_sandbox/{path}", json=body, timeout=10)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def count(self, name: str) -> int:
        return int(self.admin("GET", "gateway")[name])

    def claims(self, **change: Any) -> dict[str, Any]:
        now = int(self.state.now().timestamp())
        plain = {
            "iss": self.at.x3_client_id,
            "sub": self.at.x3_user,
            "aud": self.at.x3_audience,
            "iat": now - 5,
            "exp": now + 55,
            "jti": "one-and-the-same",
        }
        return {name: value for name, value in {**plain, **change}.items() if value is not None}

    def token(self, key: str = "", algorithm: str = "HS256", **change: Any) -> str:
        return jwt.encode(self.claims(**change), key or self.at.x3_client_secret, algorithm)

    def sign_in(self) -> dict[str, Any]:
        found: dict[str, Any] = self.admin("POST", "sign_in")
        return found

    def ask(
        self, *, form: bool = False, path: str = "/oauth/token", **fields: Any
    ) -> requests.Response:
        """Make a token request as the registered application; a field of None is left out."""
        own = {
            "client_id": self.at.gateway_client_id,
            "client_secret": self.at.gateway_client_secret,
        }
        body = {name: value for name, value in {**own, **fields}.items() if value is not None}
        given: dict[str, Any] = {"data": body} if form else {"json": body}
        return requests.post(self.base + path, timeout=10, **given)

    def renew(self, refresh_token: str, **rest: Any) -> requests.Response:
        return self.ask(grant_type="refresh_token", refresh_token=refresh_token, **rest)

    def trade(self, code: str, **rest: Any) -> requests.Response:
        fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
        return self.ask(**{**fields, **rest})

    def order(self, **change: Any) -> dict[str, str]:
        plain = {
            "client_id": self.at.gateway_client_id,
            "scope": "businessDomain.ALL api.graphQL",
            "customer": "https://x3.acme.example",
            "redirect_uri": CALLBACK,
            "state": WITH_STATE,
        }
        return {name: text for name, text in {**plain, **change}.items() if text is not None}

    def authorize(self, **change: Any) -> requests.Response:
        """Open the sign-in page as a browser that does not follow the way back."""
        return requests.get(
            self.at.authorize_url, params=self.order(**change), allow_redirects=False, timeout=10
        )

    def press(self, page: requests.Response, decision: str = "allow") -> requests.Response:
        """Press a button of the page's form."""
        action, fields = form_of(page)
        assert action == "/oauth/authorize"
        fields["decision"] = decision
        return requests.post(self.base + action, fields, allow_redirects=False, timeout=10)

    def code(self, **change: Any) -> str:
        return back(self.press(self.authorize(**change)))["authorizationCode"]


def back(answer: requests.Response, callback: str = CALLBACK) -> dict[str, str]:
    """Return what the browser is sent back with."""
    assert answer.status_code == 303, answer.text
    location = answer.headers["Location"]
    assert location.startswith(callback)
    found = parse_qs(urlsplit(location).query)
    assert all(len(values) == 1 for values in found.values())
    return {name: values[0] for name, values in found.items()}


def form_of(page: requests.Response) -> tuple[str, dict[str, str]]:
    """Return the address and the hidden fields of the one form on a page."""
    assert page.status_code == 200, page.text
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    (action,) = re.findall(r'<form method="post" action="([^"]*)">', page.text)
    hidden = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page.text)
    return unescape(action), {unescape(name): unescape(text) for name, text in hidden}


def challenge_of(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
