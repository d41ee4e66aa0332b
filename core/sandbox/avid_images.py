"""Images of invoices at the simulated AvidXchange (avidxchange.md 2.7).

The bytes themselves are not kept, only size and digest.
"""

import hashlib
import re
from dataclasses import dataclass
from email.message import Message

from core.sandbox.avid_answers import Answer, RefusedError, result, results
from core.sandbox.avid_exchange import Exchange, forced_errors, media_type
from core.sandbox.avid_invoices import closed_error, find
from core.sandbox.avid_rows import INVOICES, save

MAX_IMAGE_BYTES = 10_485_760
TYPES = ("application/pdf", "image/tiff", "image/png", "image/jpeg")
CLOSED = frozenset({"Rejected", "Exported", "Deleted"})
ONE_PART = "One part named file is required"


@dataclass(frozen=True)
class Part:
    """One part of a multipart body."""

    name: str
    file_name: str
    content_type: str
    content: bytes


def attach_image(exchange: Exchange) -> Answer:
    """Attach one image; the same name with the same bytes again is the existing image."""
    part = _file_of(exchange)
    row = find(exchange)
    digest = hashlib.sha256(part.content).hexdigest()
    images = row["Images"]
    known = next((image for image in images if image["FileName"] == part.file_name), None)
    if known is not None and known["Sha256"] == digest:
        return results(result(known, []))
    errors = forced_errors(exchange)
    if row["Status"] in CLOSED:
        errors.append(closed_error(row))
    elif known is not None:
        errors.append(f"Image name already exists: {part.file_name}")
    if errors:
        return results(result(None, errors))
    image = {
        "Id": 5_500 + exchange.state.next("avid.image_id"),
        "FileName": part.file_name,
        "ContentType": part.content_type,
        "Size": len(part.content),
        "Sha256": digest,
    }
    row["Images"] = [*images, image]
    save(exchange.state, INVOICES, str(row["Id"]), row)
    exchange.state.count("avid.images_attached")
    return results(result(image, []))


def _file_of(exchange: Exchange) -> Part:
    """Return the one part named ``file``, of a type and size that are taken."""
    if media_type(exchange.request) != "multipart/form-data":
        raise RefusedError(415, "Content type must be multipart/form-data")
    parts = _parts(exchange.request.headers["content-type"], exchange.request.body)
    files = [part for part in parts if part.name == "file" and part.file_name]
    if len(files) != 1 or len(parts) != 1:
        raise RefusedError(400, ONE_PART)
    part = files[0]
    if part.content_type not in TYPES:
        raise RefusedError(415, f"Image type is not taken: {part.content_type}")
    if len(part.content) > MAX_IMAGE_BYTES:
        raise RefusedError(413, "Image is too large")
    return part


def _parts(content_type: str, body: bytes) -> list[Part]:
    """Cut a multipart body at its boundary (RFC 2046, 5.1.1); what is not closed is no part."""
    holder = Message()
    holder["Content-Type"] = content_type
    boundary = holder.get_boundary()
    if not boundary:
        raise RefusedError(400, ONE_PART)
    mark = b"\r\n--" + re.escape(boundary.encode("latin-1", "replace"))
    pieces = re.split(mark + rb"(?=--|[ \t]*\r\n)", b"\r\n" + body)
    if len(pieces) < 3 or not pieces[-1].startswith(b"--"):  # noqa: PLR2004 - preamble, parts, end
        return []
    return [_part(piece) for piece in pieces[1:-1]]


def _part(piece: bytes) -> Part:
    _rest_of_line, _, text = piece.partition(b"\r\n")
    head, _, content = text.partition(b"\r\n\r\n")
    message = Message()
    for line in head.decode("latin-1").split("\r\n"):
        member, colon, value = line.partition(":")
        if colon:
            message[member.strip()] = value.strip()
    name: object = message.get_param("name", header="content-disposition")
    return Part(
        name=name if isinstance(name, str) else "",
        file_name=message.get_filename() or "",
        content_type=message.get("content-type", "text/plain").partition(";")[0].strip().lower(),
        content=content,
    )
