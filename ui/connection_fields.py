"""Which settings and secrets stand on which page of Connections and the wizard, in which order."""

from __future__ import annotations

from core.words import area
from ui.settings_form import Group

say = area(__name__)

#: Pages of Connections: name -> title and icon.
PAGES = {
    "x3": (say("sage_x3"), "server-2"),
    "avidxchange": ("AvidXchange", "cloud"),
    "computer": (say("this_computer"), "building-store"),
}
#: What every site sets.
MAIN: dict[str, tuple[Group, ...]] = {
    "x3": (
        Group(
            "",
            (
                ("x3.base_url",),
                ("x3.endpoint", "x3.companies"),
                ("x3.auth",),
                ("x3.username",),
                ("x3.client_id",),
                ("x3.audience",),
                ("x3.authorize_url",),
                ("x3.token_url",),
                ("x3.password",),
                ("x3.client_secret",),
                ("x3.refresh_token",),
            ),
        ),
    ),
    "avidxchange": (
        Group(
            "",
            (
                ("avidxchange.base_url",),
                ("avidxchange.auth",),
                ("avidxchange.token_url",),
                ("avidxchange.client_id", "avidxchange.company_id"),
                ("avidxchange.client_secret",),
                ("avidxchange.company_token",),
                ("avidxchange.user_token",),
            ),
        ),
    ),
    "computer": (
        Group(
            "",
            (
                ("workspace.name",),
                ("workspace.start_date", "workspace.poll_minutes"),
                ("workspace.mode",),
                ("workspace.ceiling",),
                ("workspace.folder",),
            ),
        ),
        Group(
            say("what_is_meant_for_avidxchange"),
            (
                ("scope.currencies", "scope.payment_methods"),
                ("scope.supplier_categories", "scope.invoice_types"),
                ("scope.suppliers_not",),
            ),
        ),
    ),
}
#: What most sites leave as it is; shown on demand.
MORE: dict[str, tuple[Group, ...]] = {
    "x3": (
        Group(
            say("reading_and_writing"),
            (
                ("x3.read",),
                ("x3.write",),
                ("x3.page_size", "x3.overlap_minutes"),
                ("x3.daily_megabytes",),
                ("x3.ca_file",),
                ("x3.profile",),
            ),
        ),
        Group(
            say("payments_in_x3"),
            (
                ("x3.payment.post_when",),
                ("x3.payment.bank",),
                ("x3.payment.instalments",),
                ("x3.payment.closed_period",),
            ),
        ),
        Group(
            say("approval_levels"),
            (
                ("x3.approval.in_approval", "x3.approval.approved"),
                ("x3.approval.rejected", "x3.approval.on_hold"),
                ("x3.approval.dispute_code",),
            ),
        ),
        Group(
            say("web_services"),
            (
                ("x3.soap.pool_alias", "x3.soap.language"),
                ("x3.soap.invoice_publication",),
                ("x3.soap.purchase_invoice_publication",),
                ("x3.soap.open_item_publication",),
                ("x3.soap.payment_publication",),
            ),
        ),
    ),
    "avidxchange": (
        Group(
            say("reading_and_writing"),
            (
                ("avidxchange.scope",),
                ("avidxchange.idempotency_header",),
                ("avidxchange.page_size", "avidxchange.max_concurrency"),
                ("avidxchange.ca_file",),
                ("avidxchange.profile",),
            ),
        ),
    ),
    "computer": (
        Group(say("documents"), (("attachments.folder",), ("attachments.pattern",),
                            ("attachments.required",))),
        Group(say("window"), (("window.theme", "window.language"), ("window.start_with_windows",))),
        Group(say("audit_log"), (("workspace.audit_years",),)),
    ),
}  # fmt: skip


def page_of(key: str) -> str:
    """The page on which a setting or secret stands."""
    side = key.partition(".")[0]
    return side if side in ("x3", "avidxchange") else "computer"


def keys_of(groups: tuple[Group, ...]) -> list[str]:
    """Every key of some groups, in reading order."""
    return [key for group in groups for row in group.rows for key in row]
