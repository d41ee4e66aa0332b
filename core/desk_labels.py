"""What the settings are called on screen: key -> label and hint. Words only."""

from __future__ import annotations

from core.words import area

say = area(__name__)

#: Keys that name a file or folder.
PATHS = frozenset((
    "workspace.folder", "attachments.folder", "x3.ca_file", "x3.profile", "avidxchange.ca_file",
    "avidxchange.profile",
))  # fmt: skip

LABELS: dict[str, tuple[str, str]] = {
    "workspace.name": (say("name"), say("how_this_workspace_is_called_on_screen")),
    "workspace.start_date": (say("start_date"), say("invoices_accounted_before_this_day_are")),
    "workspace.mode": (say("mode"), say("in_preview_nothing_is_written_to_either")),
    "workspace.poll_minutes": (say("minutes_between_runs"), say("how_often_both_systems_are_read")),
    "workspace.ceiling": (
        say("ceiling"),
        say("an_invoice_above_it_waits_for_a"),
    ),
    "workspace.folder": (say("folder"), say("for_the_daily_digest_and_the_second")),
    "workspace.audit_years": (say("years_of_audit_log"), say("how_long_the_log_is_kept")),
    "scope.suppliers_not": (say("suppliers_left_out"), say("x3_supplier_codes")),
    "scope.supplier_categories": (say("supplier_categories"), say("only_these_empty_all")),
    "scope.invoice_types": (say("invoice_types"), say("only_these_x3_types_empty_all")),
    "scope.currencies": (say("currencies"), say("only_these_empty_all")),
    "scope.payment_methods": (
        say("payment_methods"),
        say("the_x3_methods_that_mean_that"),
    ),
    "attachments.folder": (say("document_folder"), say("empty_no_documents_are_sent")),
    "attachments.pattern": (say("file_pattern"), say("or")),
    "attachments.required": (say("document_required"), say("without_one_an_invoice_waits")),
    "window.language": (say("language"), ""),
    "window.theme": (say("look"), ""),
    "window.start_with_windows": (say("start_with_windows"), ""),
    "x3.base_url": (say("address"), say("as_in_the_browser_https_host_8124")),
    "x3.endpoint": (say("folder"), say("the_x3_endpoint_for_example_prod")),
    "x3.companies": (say("companies"), say("empty_all_that_the_user_may_read")),
    "x3.auth": (say("sign_in"), ""),
    "x3.username": (say("user"), say("a_user_for_web_services")),
    "x3.client_id": (say("client_id"), say("for_a_connected_application_or_oauth2")),
    "x3.audience": (say("audience"), say("the_registered_address_exactly")),
    "x3.authorize_url": (say("authorisation_address"), say("for_oauth2")),
    "x3.token_url": (say("token_address"), say("for_oauth2")),
    "x3.ca_file": (say("certificate_authority"), say("only_for_a_private_certificate")),
    "x3.read": (say("read_by"), ""),
    "x3.write": (say("write_by"), say("with_none_approvals_and_payments_are")),
    "x3.page_size": (say("rows_at_once"), ""),
    "x3.overlap_minutes": (say("overlap_in_minutes"), say("how_far_back_each_read_begins_again")),
    "x3.daily_megabytes": (say("megabytes_a_day"), say("the_allowance_of_web_services_0_none")),
    "x3.profile": (say("profile"), say("names_of_classes_and_fields_empty_the")),
    "x3.soap.pool_alias": (say("pool_alias"), say("the_web_service_pool")),
    "x3.soap.language": (say("language_code"), ""),
    "x3.soap.invoice_publication": (say("publication_of_supplier_invoices"), say("object_gesbis")),
    "x3.soap.purchase_invoice_publication": (
        say("publication_of_purchase_invoices"),
        say("object_gespih"),
    ),
    "x3.soap.open_item_publication": (
        say("publication_of_open_items"),
        say("sets_approval_levels"),
    ),
    "x3.soap.payment_publication": (say("publication_of_payments"), say("object_gespay")),
    "x3.payment.post_when": (say("post_a_payment_when"), ""),
    "x3.payment.instalments": (say("instalments"), ""),
    "x3.payment.closed_period": (say("in_a_closed_period"), ""),
    "x3.payment.bank": (say("bank"), say("one_for_all_or")),
    "x3.approval.in_approval": (say("level_in_approval"), say("of_x3_menu_510")),
    "x3.approval.rejected": (say("level_when_rejected"), say("of_x3_menu_510")),
    "x3.approval.on_hold": (say("level_on_hold"), say("of_x3_menu_510")),
    "x3.approval.approved": (say("level_when_approved"), say("of_x3_menu_510")),
    "x3.approval.dispute_code": (say("dispute_code"), say("sent_with_level_2_when_set")),
    "avidxchange.base_url": (say("address"), say("as_avidxchange_gave_it")),
    "avidxchange.token_url": (say("token_address"), say("as_avidxchange_gave_it")),
    "avidxchange.auth": (say("sign_in"), ""),
    "avidxchange.client_id": (say("client_id"), ""),
    "avidxchange.company_id": (say("company_id"), say("for_example_c_1001")),
    "avidxchange.scope": (say("scope"), say("only_when_avidxchange_asks_for_one")),
    "avidxchange.idempotency_header": (say("idempotency_header"), say("empty_send_none")),
    "avidxchange.profile": (say("profile"), say("paths_and_names_empty_the_shipped_one")),
    "avidxchange.page_size": (say("rows_at_once"), ""),
    "avidxchange.max_concurrency": (say("requests_at_once"), ""),
    "avidxchange.ca_file": (say("certificate_authority"), say("only_for_a_private_certificate")),
}

#: Key -> value -> the words for it.
CHOICES: dict[str, dict[str, str]] = {
    "workspace.mode": {"preview": say("preview_nothing_is_written"), "live": say("live")},
    "window.theme": {"system": say("as_windows"), "light": say("light"), "dark": say("dark")},
    "x3.auth": {
        "basic": say("user_and_password"),
        "connected_app": say("connected_application"),
        "oauth2": "OAuth2",
    },
    "x3.read": {"api1": say("rest_api1"), "graphql": "GraphQL"},
    "x3.write": {"soap": say("soap_web_services"), "none": say("nothing_is_written_to_x3")},
    "x3.payment.post_when": {"issued": say("it_is_issued"), "cleared": say("it_has_cleared")},
    "x3.payment.instalments": {"warn": say("warn_and_send"), "hold": say("hold_for_a_person")},
    "x3.payment.closed_period": {"ask": say("ask_a_person"), "next": say("take_the_next_open_day")},
    "avidxchange.auth": {
        "client_credentials": say("client_and_secret"),
        "static_tokens": say("two_tokens"),
    },
}

#: Promise -> what it says.
INVARIANTS: dict[str, str] = {
    "I1": say("no_invoice_is_in_avidxchange_twice"),
    "I2": say("every_send_has_one_answer_or_is"),
    "I3": say("sum_sent_sum_acknowledged_in_doubt"),
    "I4": say("no_payment_is_posted_twice"),
    "I5": say("nothing_is_posted_beyond_an_open"),
    "I6": say("every_change_of_state_is_in_the"),
    "I7": say("no_bookmark_is_past_what_is_stored"),
    "I8": say("the_audit_log_is_whole"),
}

#: Phase of a run -> what people read.
PHASES: dict[str, str] = {
    "starting": say("getting_ready"),
    "company": say("reading_sage_x3_companies"),
    "site": say("reading_sage_x3_sites"),
    "fiscal_period": say("reading_sage_x3_periods"),
    "payment_term": say("reading_sage_x3_payment_terms"),
    "gl_account": say("reading_sage_x3_accounts"),
    "dimension": say("reading_sage_x3_dimensions"),
    "purchase_order": say("reading_sage_x3_orders"),
    "supplier": say("reading_sage_x3_suppliers"),
    "supplier_address": say("reading_sage_x3_addresses"),
    "invoice": say("reading_sage_x3_invoices"),
    "open_item": say("reading_sage_x3_open_items"),
    "payment": say("reading_sage_x3_payments"),
    "code_group": say("reading_avidxchange_code_groups"),
    "code": say("reading_avidxchange_codes"),
    "vendor": say("reading_avidxchange_vendors"),
    "ap_invoice": say("reading_avidxchange_invoices"),
    "ap_payment": say("reading_avidxchange_payments"),
    "documents": say("reading_the_document_folder"),
    "writing": say("sending"),
    "asked_to_wait": say("avidxchange_asked_to_wait"),
}
