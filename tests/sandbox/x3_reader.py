"""A reader of the simulated X3's api1 and GraphQL over real HTTP, for the tests next to it."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlsplit

import requests

from tests.sandbox.x3_caller import Peer

DOCUMENT = (
    "query Crossfoot($first: Int, $after: String, $filter: String, $orderBy: String) {{ "
    "{package} {{ {node} {{ query(first: $first, after: $after, filter: $filter, "
    "orderBy: $orderBy) {{ edges {{ cursor node {{ {selection} _id _updateStamp }} }} "
    "pageInfo {{ hasNextPage endCursor }} }} }} }} }}"
)


class Reader(Peer):
    def get(self, path: str) -> requests.Response:
        return requests.get(self.base + path, auth=self.auth, timeout=10, allow_redirects=False)

    def page(self, name: str, where: str = "", order: str = "", count: str = "1000") -> Any:
        path = f"/api1/x3/erp/SANDBOX/{name}?representation={name}.$query&count={count}"
        for label, text in (("where", where), ("orderBy", order)):
            if text:
                path += f"&{label}={quote(text, safe='')}"
        return self.get(path)

    def rows(self, name: str, where: str = "", order: str = "") -> list[Any]:
        answer = self.page(name, where, order)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["$resources"])

    def details(self, name: str, key: str) -> requests.Response:
        return self.get(f"/api1/x3/erp/SANDBOX/{name}('{key}')?representation={name}.$details")

    def pages(self, name: str, order: str, count: int) -> Iterator[list[dict[str, Any]]]:
        """Walk over the pages one by one, so that a test can act between them."""
        answer = self.page(name, "", order, str(count))
        while True:
            body = answer.json()
            yield body["$resources"]
            link = body["$links"].get("$next")
            if link is None:
                return
            parts = urlsplit(link["$url"])
            answer = self.get(f"{parts.path}?{parts.query}")

    def post_graphql(self, body: Any, endpoint: str = "SANDBOX", **headers: str) -> Any:
        if endpoint:
            headers["x-xtrem-endpoint"] = endpoint
        return requests.post(
            f"{self.base}/xtrem/api", json=body, headers=headers, auth=self.auth, timeout=20
        )

    def graphql(self, path: str, selection: str, **variables: Any) -> Any:
        """Return the whole body of one query; ``path`` is ``package.node``."""
        package, _, node = path.partition(".")
        text = DOCUMENT.format(package=package, node=node, selection=selection)
        body = {"operationName": "Crossfoot", "query": text, "variables": variables}
        return self.post_graphql(body).json()

    def connection(self, path: str, selection: str, **variables: Any) -> Any:
        body = self.graphql(path, selection, **variables)
        assert "errors" not in body, body["errors"]
        package, _, node = path.partition(".")
        return body["data"][package][node]["query"]

    def nodes(self, path: str, selection: str, text: str = "", order: str = "") -> list[Any]:
        found = self.connection(path, selection, first=1000, filter=text, orderBy=order)
        return [edge["node"] for edge in found["edges"]]

    def fault(self, operation: str, kind: str, /, times: int | None = None, **args: Any) -> None:
        entry = {"system": "x3", "operation": operation, "kind": kind, "args": args}
        self.sandbox.faults.add([{**entry, "times": times}])

    def calm(self) -> None:
        self.sandbox.faults.clear()


def diagnosis(answer: requests.Response) -> str:
    return str(answer.json()["$diagnoses"][0]["$message"])
