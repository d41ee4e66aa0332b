"""A caller of the simulated X3's SOAP service over real HTTP, for the tests next to it."""

from html import escape
from typing import Any

import requests
from lxml import etree

from core.sandbox import server
from core.sandbox.state import Row

SERVICE = "/syracuse/collaboration/syracuse/CAdxWebServiceXmlCC"
NAMES = {
    "s": "http://schemas.xmlsoap.org/soap/envelope/",
    "w": "http://www.adonix.com/WSS",
    "x": "http://www.w3.org/2001/XMLSchema-instance",
}


class Peer:
    def __init__(self, invoices: int = 0) -> None:
        self.sandbox = server.start(None, seed=3, invoices=invoices)
        self.state = self.sandbox.state
        self.base = self.sandbox.addresses.x3_url
        self.auth = (self.sandbox.addresses.x3_user, self.sandbox.addresses.x3_password)
        self.pool = "AVIDPOOL"

    def post(self, body: str) -> requests.Response:
        return requests.post(
            f"{self.base}/soap-generic{SERVICE}",
            data=body.encode(),
            headers={"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""'},
            auth=self.auth,
            timeout=20,
        )

    def call(self, operation: str, name: str, inner: str) -> "Answer":
        body = (
            '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope '
            f'xmlns:soapenv="{NAMES["s"]}" xmlns:wss="{NAMES["w"]}"><soapenv:Header/><soapenv:Body>'
            f"<wss:{operation}><callContext><codeLang>ENG</codeLang>"
            f"<poolAlias>{self.pool}</poolAlias><poolId/><requestConfig/></callContext>"
            f"<publicName>{name}</publicName>{inner}</wss:{operation}>"
            "</soapenv:Body></soapenv:Envelope>"
        )
        return Answer(operation, self.post(body))

    def modify(
        self, number: str, level: str, *, name: str = "AVIDPIH", group: str = "BIS1_1"
    ) -> "Answer":
        payload = f'<PARAM><GRP ID="{group}"><FLD NAME="PAZ">{level}</FLD></GRP></PARAM>'
        inner = f"{keys(NUM=number)}<objectXml><![CDATA[{payload}]]></objectXml>"
        return self.call("modify", name, inner)

    def run(self, number: str, level: str) -> tuple[str, str]:
        payload = (
            f'<PARAM><GRP ID="GRP1"><FLD NAME="NUM">{number}</FLD><FLD NAME="PAZ">{level}</FLD>'
            '<FLD NAME="TEXT">AvidXchange: approved</FLD></GRP></PARAM>'
        )
        # Escaped in place of CDATA: both forms are to be understood.
        answer = self.call("run", "AVIDPAZ", f"<inputXml>{escape(payload)}</inputXml>")
        assert answer.status == 1
        return answer.field("RETCODE"), answer.field("NBDUD")

    def save(self, lines: list[dict[str, str]], **head: str) -> "Answer":
        fields = {
            "FCY": "US011",
            "BPR": "0113",
            "ACCDAT": self.state.now().strftime("%Y%m%d"),
            "REF": "AVD1",
            "BAN": "USBNK",
            "CUR": "USD",
            "AMTCUR": "100.00",
            **head,
        }
        first = "".join(fld(name, fields.pop(name)) for name in ("FCY", "BPR"))
        second = "".join(fld(name, text) for name, text in fields.items())
        rows = "".join(
            f'<LIN NUM="{place}">{"".join(fld(*pair) for pair in line.items())}</LIN>'
            for place, line in enumerate(lines, 1)
        )
        payload = (
            f'<PARAM><GRP ID="PAY0_1"><FLD NAME="NUM"></FLD></GRP><GRP ID="PAY1_1">{first}</GRP>'
            f'<GRP ID="PAY1_2">{second}</GRP>'
            f'<TAB ID="PAY1_4" DIM="200" SIZE="{len(lines)}">{rows}</TAB></PARAM>'
        )
        return self.call("save", "AVIDPAY", f"<objectXml><![CDATA[{payload}]]></objectXml>")

    def query(self, reference: str, size: int = 50) -> "Answer":
        inner = f"{keys(REF=reference)}<listSize>{size}</listSize>"
        return self.call("query", "AVIDPAY", inner)

    def act(self, event: str, /, **args: Any) -> Any:
        order = {"name": f"x3.{event}", "args": args}
        answer = requests.post(self.base + "/_sandbox/act", json=order, timeout=10)
        assert answer.status_code == 200, answer.text
        return answer.json()["result"]

    def posted(self, amount: str = "100.00", **fields: Any) -> str:
        line = {"ACC": "61100", "AMTNOTLIN": amount, "TAX1": "EXE"}
        fields = {"BPR": "0113", "PTE": "US30", **fields}
        return str(self.act("invoice", fields=fields, lines=[line], post=True))

    def row(self, name: str, key: str) -> Row:
        found = self.state.table(f"x3:{name}").get(key)
        assert found is not None
        return found

    def item(self, number: str, line: int = 1) -> Row:
        kind = "SPCRM" if number in self.credits() else "SPINV"
        return self.row("GACCDUDATE", f"{kind}~{number}~1~{line}")

    def credits(self) -> set[str]:
        rows = self.state.table("x3:PINVOICE").values()
        return {row["NUM"] for row in rows if row["INVTYP"] == 2}

    def age(self, name: str, key: str) -> str:
        """Give a row an old stamp and return it, so that a move of the stamp shows."""
        self.row(name, key)["UPDDATTIM"] = "2020-01-01T00:00:00Z"
        return "2020-01-01T00:00:00Z"


class Answer:
    def __init__(self, operation: str, reply: requests.Response) -> None:
        self.reply = reply
        assert reply.status_code == 200, reply.text
        root = etree.fromstring(reply.content)
        outer = root.find(f"s:Body/w:{operation}Response/{operation}Return", NAMES)
        assert outer is not None
        self.status = int(outer.findtext("status") or "-1")
        assert outer.find("technicalInfos/totalDuration") is not None
        self.messages = [self._message(root, one) for one in outer.findall("messages/messages")]
        result = outer.find("resultXml")
        assert result is not None
        text = result.text
        self.is_nil = result.get(f"{{{NAMES['x']}}}nil") == "true"
        self.result = etree.fromstring(text.encode()) if text else None

    @staticmethod
    def _message(root: "etree._Element", one: "etree._Element") -> tuple[int, str]:
        link = one.get("href")
        if link is not None:
            one = next(item for item in root.iter("multiRef") if item.get("id") == link[1:])
        return int(one.findtext("type") or "0"), str(one.findtext("message"))

    def refusal(self) -> str:
        assert (self.status, self.is_nil, len(self.messages)) == (0, True, 1)
        assert self.messages[0][0] == 3
        return self.messages[0][1]

    def field(self, name: str) -> str:
        assert self.result is not None
        assert self.status == 1
        found = self.result.find(f".//FLD[@NAME='{name}']")
        assert found is not None
        return found.text or ""


def keys(**named: str) -> str:
    items = "".join(f"<item><key>{k}</key><value>{v}</value></item>" for k, v in named.items())
    return f"<objectKeys>{items}</objectKeys>"


def fld(name: str, text: str) -> str:
    return f'<FLD NAME="{name}">{escape(text)}</FLD>'


def line(number: str, amount: str, due: str = "1", kind: str = "SPINV") -> dict[str, str]:
    made = {"VCRTYP": kind, "VCRNUM": number, "DUDLIG": due, "FCYLIN": "US011", "CURLIN": "USD"}
    return {**{name: text for name, text in made.items() if text}, "AMTLIN": amount}
