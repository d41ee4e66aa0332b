"""The nodes of the simulated ``/xtrem/api``: packages, types, properties and where each is stored.

Source of the names is the wire contract, 6.2 and 6.3. Only descriptions are here; the schema is
built from them by ``x3_graphql_schema``.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from core.sandbox.state import Row

LINE_NODE = "x3InvoicingData.supplierInvoiceLine"

# Local menus as GraphQL names them, by position from 1.
MENUS: dict[int, tuple[str, ...]] = {
    214: ("notOpen", "open", "closed"),
    292: ("openItem", "prepayment", "holdback"),
    509: ("pending", "toValidate", "validated"),
    510: ("pending", "conflict", "delayed", "authorizedToPay"),
    516: ("none", "warning", "hold"),
    533: ("invoice", "additionalInvoice", "creditMemo", "creditMemoReturn"),
    644: ("customer", "supplier"),
    645: ("invoice", "creditMemo", "debitNote", "creditNote", "proforma"),
    2644: ("legal", "analytic", "ias"),
}


@dataclass(frozen=True)
class Column:
    """A scalar property; kinds as in ``x3_classes``, ``M`` with the number of its menu."""

    name: str
    kind: str = "C"
    menu: int = 0


@dataclass(frozen=True)
class Reference:
    """A property that is another node, found by the columns that make up its key."""

    target: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Collection:
    """A property that is a list of nodes made out of the row itself."""

    target: str
    rows: Callable[[Row], list[Row]]


Property = Column | Reference | Collection


@dataclass(frozen=True)
class NodeType:
    """One type; ``table`` is the class whose rows it shows, empty when it has none of its own."""

    name: str
    table: str
    keys: tuple[str, ...]
    properties: dict[str, Property] = field(default_factory=dict)

    def columns_of(self, reference: Reference) -> dict[str, str]:
        """Return which column of a referring row holds which key column of this type.

        A payment term is referred to by its code alone, which is the first part of its key.
        """
        return dict(zip(self.keys, reference.columns, strict=False))


def _ledgers(row: Row) -> list[Row]:
    pairs = zip(row.get("COA") or [], row.get("ACC") or [], strict=False)
    return [{"COA": chart, "ACC": account} for chart, account in pairs]


def _dimensions(row: Row) -> list[Row]:
    slots = [(row.get(f"DIE{place}"), row.get(f"CCE{place}")) for place in range(1, 10)]
    return [{"DIE": kind, "CCE": value or ""} for kind, value in slots if kind]


_COLLECTIONS = {
    "ledgersCoa": Collection("SupplierInvoiceLineLedger", _ledgers),
    "dimensions": Collection("SupplierInvoiceLineDimension", _dimensions),
}


def _property(word: str) -> tuple[str, Property]:
    """Read ``name=COLUMN:kind`` or ``name>Target=COLUMN+COLUMN``; kind ``M510`` is a menu."""
    name, _, stored = word.partition("=")
    if name in _COLLECTIONS and not stored:
        return name, _COLLECTIONS[name]
    name, _, target = name.partition(">")
    if target:
        return name, Reference(target, tuple(stored.split("+")))
    column, _, kind = stored.partition(":")
    if kind.startswith("M"):
        return name, Column(column, "M", int(kind[1:]))
    return name, Column(column, kind or "C")


def _type(name: str, table: str, keys: str, properties: str) -> NodeType:
    read = dict(_property(word) for word in properties.split())
    return NodeType(name, table, tuple(keys.split()), read)


def _bare(name: str, code: str = "code") -> NodeType:
    return NodeType(name, "", ("code",), {code: Column("code")})


TYPES: dict[str, NodeType] = {
    made.name: made
    for made in (
        *(
            _bare(name)
            for name in (
                "Currency",
                "SupplierCategory",
                "BusinessPartnerAddress",
                "EarlyDiscountOrLateCharge",
                "TaxRule",
                "TaxCode",
                "UnitOfMeasure",
                "DocumentType",
                "PaymentMethod",
                "Dispute",
                "ChartOfAccounts",
                "Legislation",
                "Country",
            )
        ),
        _bare("DimensionType", "dimensionType"),
        _type(
            "BusinessPartner",
            "BPSUPPLIER",
            "BPSNUM",
            "code=BPSNUM companyName1=BPSNAM vatNumber=EECNUM",
        ),
        _type(
            "Supplier",
            "BPSUPPLIER",
            "BPSNUM",
            "code>BusinessPartner=BPSNUM companyName1=BPSNAM shortCompanyName=BPSSHO "
            "isActive=ENAFLG:B category>SupplierCategory=BSGCOD currency>Currency=CUR "
            "payToBusinessPartner>BusinessPartner=BPRPAY billBySupplier>Supplier=BPSINV "
            "addressByDefault>BusinessPartnerAddress=BPAADD isPaymentHeld=PAYLOKFLG:B "
            "disputeStatus=DOUFLG:M516",
        ),
        _type(
            "SupplierInvoiceHeader",
            "PINVOICE",
            "NUM",
            "id=NUM category=INVTYP:M645 purchaseInvoiceCategory=PIHTYP:M533 company>Company=CPY "
            "site>Site=FCY billBySupplier>Supplier=BPR control=BPRSAC "
            "payToBusinessPartner>BusinessPartner=BPRPAY sourceDocument=BPRVCR "
            "sourceDocumentDate=BPRDAT:D accountingDate=ACCDAT:D "
            "dueDateCalculationStartDate=STRDUDDAT:D internalReference=INVREF "
            "originalInvoiceNumber=INVNUM currency>Currency=CUR rateDate=RATDAT:D "
            "paymentTerm>PaymentTerm=PTE earlyDiscountOrLateCharge>EarlyDiscountOrLateCharge=DEP "
            "taxRule>TaxRule=VAC totalAmountExcludingTax=AMTNOT:N totalAmountIncludingTax=AMTATI:N "
            "totalAmountExcludingTaxInCompanyCurrency=AMTNOTL:N "
            "totalAmountIncludingTaxInCompanyCurrency=AMTATIL:N numberOfTaxes=NBRTAX:I "
            "status=STA:M509 paymentApproval=PAZ:M510 debitOrCredit=SNS:I internalNumber=ACCNUM:I",
        ),
        _type(
            "SupplierInvoiceLine",
            "BPSINVLIG",
            "NUM LIG",
            "supplierInvoice>SupplierInvoiceHeader=NUM lineNumber=LIG:I ledgersCoa "
            "site>Site=FCYLIN lineAmountExcludingTax=AMTNOTLIN:N "
            "lineAmountIncludingTax=AMTATILIN:N taxCode>TaxCode=TAX1 description=DES "
            "quantity=QTY:Q unit>UnitOfMeasure=UOM purchaseOrderNumber=POHNUM "
            "distributionKey=DSP dimensions",
        ),
        _type(
            "SupplierInvoiceLineLedger",
            "",
            "COA ACC",
            "chartOfAccounts>ChartOfAccounts=COA account>Account=COA+ACC",
        ),
        _type(
            "SupplierInvoiceLineDimension",
            "",
            "DIE CCE",
            "dimensionType>DimensionType=DIE dimension>Dimension=DIE+CCE",
        ),
        _type(
            "OpenItem",
            "GACCDUDATE",
            "TYP NUM LIG DUDLIG",
            "documentType>DocumentType=TYP documentNumber=NUM lineNumber=LIG:I "
            "openItemLineNumber=DUDLIG:I journalEntryLineInternalNumber=ACCNUM:I "
            "company>Company=CPY site>Site=FCY businessPartner>BusinessPartner=BPR "
            "businessPartnerType=BPRTYP:M644 payToOrPayByBusinessPartner>BusinessPartner=BPRPAY "
            "currency>Currency=CUR controlAccount=SAC sign=SNS:I dueDate=DUDDAT:D "
            "paymentMethod>PaymentMethod=PAM paymentType=PAMTYP:M292 amountInCurrency=AMTCUR:N "
            "amountInCompanyCurrency=AMTLOC:N paidAmountInCurrency=PAYCUR:N "
            "paidAmountInCompanyCurrency=PAYLOC:N provisionalPaidAmountInCurrency=TMPCUR:N "
            "provisionalPaidAmountInCompanyCurrency=TMPLOC:N paymentApprovalLevel=FLGPAZ:M510 "
            "dispute>Dispute=DPTCOD postedStatus=DUDSTA:I closedStatus=FLGCLE:I "
            "paymentDate=PAYDAT:D",
        ),
        _type(
            "Account",
            "GACCOUNT",
            "COA ACC",
            "chartOfAccounts>ChartOfAccounts=COA code=ACC localizedDescription=DES",
        ),
        _type(
            "Dimension",
            "CACCE",
            "DIE CCE",
            "dimensionType>DimensionType=DIE dimension=CCE localizedDescription=DES "
            "localizedShortDescription=DESSHO",
        ),
        _type(
            "PurchaseOrder",
            "PORDER",
            "POHNUM",
            "id=POHNUM company>Company=CPY purchaseSite>Site=POHFCY "
            "orderFromSupplier>Supplier=BPSNUM orderDate=ORDDAT:D internalOrderReference=ORDREF "
            "paymentTerm>PaymentTerm=PTE isClosed=CLEFLG:B",
        ),
        _type(
            "PaymentTerm",
            "TABPAYTERM",
            "PTE LEG PTELIN",
            "code=PTE legislation>Legislation=LEG line=PTELIN:I localizedDescription=DESAXX",
        ),
        _type("Company", "COMPANY", "CPY", "code=CPY name=CPYNAM"),
        _type(
            "Site",
            "FACILITY",
            "FCY",
            "code=FCY name=FCYNAM legalCompany>Company=LEGCPY country>Country=CRY",
        ),
        _type(
            "Period",
            "PERIOD",
            "CPY LEDTYP FIYNUM PERNUM",
            "company>Company=CPY ledgerTypeNumber=LEDTYP:M2644 fiscalYear=FIYNUM:I code=PERNUM:I "
            "startDate=PERSTR:D endDate=PEREND:D status=PERSTA:M214",
        ),
    )
}

# What can be queried, as ``package.node``.
NODES: dict[str, str] = {
    "x3MasterData.supplier": "Supplier",
    "x3InvoicingData.supplierInvoiceHeader": "SupplierInvoiceHeader",
    LINE_NODE: "SupplierInvoiceLine",
    "x3InvoicingData.paymentTerm": "PaymentTerm",
    "x3FinanceData.openItem": "OpenItem",
    "x3FinanceData.account": "Account",
    "x3FinanceData.dimension": "Dimension",
    "x3FinanceData.period": "Period",
    "x3Purchasing.purchaseOrder": "PurchaseOrder",
    "x3System.company": "Company",
    "x3System.site": "Site",
}
