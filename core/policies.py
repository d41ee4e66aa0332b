"""From settings and profiles to the plain values that rules and engine work with.

Nothing is decided here: names of settings.md and of the profiles become names of
`core.domain.policy` and `core.engine.work`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal

from core.avidxchange.profile import Profile as AvidProfile
from core.domain.canonical import content_hash
from core.domain.policy import ImageRules, Levels, Limits, Policy, Scope
from core.engine.work import EngineConfig
from core.settings import Settings
from core.x3.profile import Profile as X3Profile

_NO_LIMIT = 1_000_000  # profiles write 0 for "no limit", rules compare with a number
_LONGEST_WINDOW_DAYS = 3650
_DATES = timedelta(days=2)


def policy_of(settings: Settings, x3: X3Profile, avid: AvidProfile) -> Policy:
    """Every choice the rules depend on."""
    workspace, payment = settings.workspace, settings.x3.payment
    return Policy(
        endpoint=settings.x3.endpoint,
        start_date=workspace.start_date,
        scope=_scope(settings),
        levels=_levels(settings),
        limits=_limits(avid),
        ceiling=_ceiling(workspace.ceiling),
        banks={"": payment.bank} if isinstance(payment.bank, str) else dict(payment.bank),
        instalments=payment.instalments,
        closed_period=payment.closed_period,
        post_when=payment.post_when,
        writes_to_erp=settings.x3.write == "soap",
        credit_kinds=frozenset(x3.meaning.credit_kinds),
        skip_kinds=frozenset(x3.meaning.skip_kinds),
        charges_account=x3.meaning.charges_account,
        countries=dict(x3.meaning.countries),
        open_item_link=x3.meaning.open_item_link,
        gl_group=avid.invoice.gl_group,
        changeable=frozenset(avid.invoice.changeable),
        curable_exceptions=frozenset(avid.maps.curable_exceptions),
        images=_images(settings, avid),
    )


def engine_config_of(settings: Settings, x3: X3Profile, avid: AvidProfile) -> EngineConfig:
    """Times and sizes of a workspace."""
    polling, values = avid.polling, avid.values
    return EngineConfig(
        mode=settings.workspace.mode,
        start_date=settings.workspace.start_date,
        endpoint=settings.x3.endpoint,
        poll_minutes=settings.workspace.poll_minutes,
        overlap=timedelta(minutes=settings.x3.overlap_minutes),
        reads=x3.limits.reads,
        writes=x3.limits.writes,
        keys_per_request=x3.limits.keys_per_request,
        busy_write_s=tuple(x3.times.busy_write_s),
        approval_reread_s=x3.times.approval_reread_s,
        payment_lookup_s=tuple(x3.times.payment_lookup_s),
        breaker_s=(x3.times.breaker_s[0], x3.times.breaker_s[-1]),
        ap_breaker_s=(avid.retry.breaker_seconds[0], avid.retry.breaker_seconds[-1]),
        max_concurrency=settings.avidxchange.max_concurrency,
        ids_per_call=avid.limits.counts.ids_per_call or 50,
        invoice_lookup_s=tuple(avid.retry.in_doubt_lookups),
        ap_overlap=_ap_overlap(avid),
        ap_lag=timedelta(seconds=polling.window.to_lag_seconds),
        window_max_days=values.window_max_days or _LONGEST_WINDOW_DAYS,
        jitter_percent=polling.window.jitter_percent,
        has_second_publication=bool(settings.x3.soap.purchase_invoice_publication),
        codes_hours=polling.master_data.codes_hours,
        vendors_full_days=round(polling.master_data.vendors_full_days),
        sweep_reach=timedelta(days=polling.sweep.days),
        sweep_hours=polling.sweep.every_hours,
        lookback_days=polling.lookback.every_days,
        lookback_reach=timedelta(days=polling.lookback.days),
        audit_years=settings.workspace.audit_years,
        scopes=_scopes(settings, x3),
    )


def _ap_overlap(avid: AvidProfile) -> timedelta:
    """How far a window reaches back; whole days where it has only dates (avidxchange.md 6)."""
    minutes = timedelta(minutes=avid.polling.window.overlap_minutes)
    return max(minutes, _DATES) if avid.values.window_granularity == "date" else minutes


def _scopes(settings: Settings, x3: X3Profile) -> dict[str, str]:
    """X3 entity -> hash of which rows and members of it are read."""
    lines = x3.entity["invoice_line"]
    common = (sorted(settings.x3.companies), settings.workspace.start_date, lines)
    return {name: content_hash(repr((entity, *common))) for name, entity in x3.entity.items()}


def _scope(settings: Settings) -> Scope:
    scope = settings.scope
    return Scope(
        suppliers_not=frozenset(scope.suppliers_not),
        supplier_categories=frozenset(scope.supplier_categories),
        invoice_types=frozenset(scope.invoice_types),
        currencies=frozenset(scope.currencies),
        payment_methods=frozenset(scope.payment_methods),
    )


def _levels(settings: Settings) -> Levels:
    approval = settings.x3.approval
    return Levels(
        in_approval=approval.in_approval,
        rejected=approval.rejected,
        on_hold=approval.on_hold,
        approved=approval.approved,
        dispute_code=approval.dispute_code,
    )


def _limits(profile: AvidProfile) -> Limits:
    names, texts = profile.limits.names, profile.limits.texts
    return Limits(
        external_id=names.external_id or _NO_LIMIT,
        vendor_code=names.vendor_code or _NO_LIMIT,
        vendor_name=names.vendor_name or _NO_LIMIT,
        invoice_number=names.invoice_number or _NO_LIMIT,
        group_name=names.group_name or _NO_LIMIT,
        code_value=names.code_value or _NO_LIMIT,
        description=texts.description or _NO_LIMIT,
        reference=texts.reference or _NO_LIMIT,
        po_number=texts.po_number or _NO_LIMIT,
        lines=profile.limits.counts.lines or _NO_LIMIT,
    )


def _images(settings: Settings, profile: AvidProfile) -> ImageRules:
    """Off as a whole where the profile offers no upload: then a document cannot be required."""
    attachments = settings.attachments
    is_offered = bool(profile.operations.attach_image)
    return ImageRules(
        is_on=is_offered and bool(attachments.folder),
        is_required=is_offered and attachments.required,
        folder=attachments.folder,
        pattern=attachments.pattern,
        types=frozenset(profile.invoice.image_types),
        most_bytes=profile.limits.sizes.image_bytes,
    )


def _ceiling(ceiling: Decimal | Mapping[str, Decimal]) -> dict[str, Decimal]:
    return dict(ceiling) if isinstance(ceiling, Mapping) else {"": ceiling}
