"""Lists of AvidXchange read page by page (avidxchange.md 2.2, and 3, rows 2, 4, 5, 6 and 11).

A page's `next` is a text that names the rest of the walk, so a walk can go on after a restart. It
holds no secret. Whether a list changed while it was read is for the caller to see: `Page.total` is
what the server counts.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from core.avidxchange.connection import SYSTEM, AvidConnection
from core.avidxchange.envelope import Listing, ShapeError, read_list
from core.avidxchange.faults import ProtocolBroken, json_of, not_understood
from core.avidxchange.profile import Profile
from core.avidxchange.records import RecordReader
from core.avidxchange.transport import AvidTransport, Call, Query
from core.avidxchange.values import RecordError
from core.http import Reply
from core.ports import Page
from core.words import area

say = area(__name__)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a walk stands: the page to ask for, and what has been read before it.

    `link` is the address of the next page with paging style `link`; `mark` tells the last page;
    `size` is how many rows the server said that it gives at most, 0 = as many as are asked for.
    """

    operation: str
    query: tuple[tuple[str, str], ...] = ()
    number: int = 0
    pages: int = 0
    read: int = 0
    link: str = ""
    mark: str = ""
    size: int = 0

    def text(self) -> str:
        """The opaque form, for `Page.next`."""
        return json.dumps(asdict(self), separators=(",", ":"), sort_keys=True)

    @classmethod
    def of(cls, text: str) -> Place:
        """The place of a text made by `text`.

        Raises:
            Unreadable: it was not made by this version of the program.
        """
        try:
            members = json.loads(text)
            members["query"] = tuple((str(name), str(value)) for name, value in members["query"])
            return cls(**members)
        except (ValueError, TypeError, KeyError):
            why = say("the_saved_place_in_a_list_cannot")
            fix = say("read_the_list_from_its_beginning")
            raise ProtocolBroken("NET-01", why, SYSTEM, fix=fix) from None


@dataclass(frozen=True, slots=True)
class Loaded:
    """One page, and the records of it that could not be read, as they came."""

    page: Page
    broken: tuple[Any, ...] = ()


class PageReader:
    """Reads pages of lists into documents."""

    def __init__(
        self,
        transport: AvidTransport,
        connection: AvidConnection,
        profile: Profile,
        records: RecordReader,
    ) -> None:
        self._transport = transport
        self._profile = profile
        self._records = records
        most = profile.paging.limits.max_page_size
        self._page_size = min(connection.page_size, most) if most else connection.page_size

    def first(self, operation: str, query: Query) -> Place:
        """The place before the first page of a list."""
        return Place(operation, tuple(query), self._profile.paging.limits.first_page)

    def load(self, entity: str, place: Place) -> Loaded:
        """The page at a place.

        Raises:
            Unreadable: the list or its paging cannot be understood, or its pages repeat themselves.
            AppError: as `AvidTransport.read`.
        """
        limit = self._profile.paging.limits.max_pages
        if limit and place.pages >= limit:
            raise ProtocolBroken("NET-01", say("the_list_has_more_than_pages", limit=limit), SYSTEM)
        call = self._call(place)
        return self._transport.read(call, lambda reply: self._take(entity, place, call, reply))

    def _call(self, place: Place) -> Call:
        if place.link:
            return self._transport.link(place.link, "")
        names = self._profile.query.page
        paging = (
            (names.number, str(place.number)),
            (names.size, str(place.size or self._page_size)),
        )
        query = [*place.query, *((name, value) for name, value in paging if name)]
        return self._transport.call(place.operation, query=query)

    def _take(self, entity: str, place: Place, call: Call, reply: Reply) -> Loaded:
        try:
            listing = read_list(json_of(reply), self._profile.envelope)
        except ShapeError as problem:
            raise not_understood(reply, str(problem)) from None
        if not place.link and listing.number not in (None, place.number):
            asked = say(
                "page_was_asked_for_and_page_came", number=place.number, number2=listing.number
            )
            raise not_understood(reply, asked)
        mark = _mark(listing.items)
        if len(listing.items) > 1 and mark == place.mark:
            raise not_understood(reply, say("the_same_page_came_twice"))
        rows, texts, broken = self._rows(entity, listing.items)
        following = self._following(place, listing, mark, call.url)
        page = Page(
            rows=rows,
            next=following.text() if following else None,
            server_time=reply.server_time,
            query_time=self._query_time(listing),
            changed_max=max(_changes(rows), default=None),
            unreadable=texts,
            total=listing.total,
        )
        return Loaded(page, broken)

    def _rows(
        self, entity: str, items: Sequence[Any]
    ) -> tuple[tuple[Any, ...], tuple[str, ...], tuple[Any, ...]]:
        """Documents, texts about records that could not be read, and those records."""
        rows, texts, broken = [], [], []
        for item in items:
            try:
                rows.append(self._records.read(entity, item))
            except RecordError as error:
                texts.append(str(error))
                broken.append(item)
        return tuple(rows), tuple(texts), tuple(broken)

    def _following(self, place: Place, listing: Listing, mark: str, url: str) -> Place | None:
        """The place of the next page, None after the last one."""
        after = replace(
            place,
            number=place.number + 1,
            pages=place.pages + 1,
            read=place.read + len(listing.items),
            mark=mark,
            size=place.size if place.pages else self._size(listing),
        )
        if self._profile.paging.style == "link":
            if not listing.next_link:
                return None
            return replace(after, link=self._transport.link(listing.next_link, url).url)
        return after if self._goes_on(place, listing, after.read) else None

    def _size(self, listing: Listing) -> int:
        """The size to ask for from the second page on, where the server gives less than asked.

        A server that cuts the size, yet counts by what was asked, would skip rows.
        """
        size = listing.size or 0
        return size if 0 < size < self._page_size else 0

    def _goes_on(self, place: Place, listing: Listing, read: int) -> bool:
        """Whether a numbered list has another page (avidxchange.md 3.4).

        A short page ends nothing: how many rows a page holds is the server's choice.
        """
        if not listing.has_paging:
            return False
        if listing.count is not None:
            first = self._profile.paging.limits.first_page
            return place.number - first + 1 < listing.count
        if not listing.items:
            return False
        return listing.total is None or read < listing.total

    def _query_time(self, listing: Listing) -> datetime | None:
        """The server's cap for the bookmark; one that cannot be read is as good as none."""
        try:
            return self._records.instant(listing.time, self._profile.envelope.paging.time)
        except RecordError:
            return None


def _changes(rows: Sequence[Any]) -> list[datetime]:
    times = (getattr(row, "last_modified", None) for row in rows)
    return [time for time in times if time is not None]


def _mark(items: Sequence[Any]) -> str:
    """A short text that is the same only for the same records in the same order."""
    if not items:
        return ""
    text = json.dumps(items, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
