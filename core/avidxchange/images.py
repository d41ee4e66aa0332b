"""An image as the body of its upload (avidxchange.md 2.7); the same image gives the same bytes."""

from __future__ import annotations

import hashlib

from core.avidxchange.profile import Profile
from core.words import area

say = area(__name__)


def multipart(profile: Profile, name: str, content_type: str, content: bytes) -> tuple[str, bytes]:
    """Content type and body with one part `file`.

    Raises:
        ValueError: the type or size is not taken, or the name is not plain ASCII (10.17).
    """
    if content_type not in profile.invoice.image_types:
        raise ValueError(say("image_type_is_not_taken", content_type=content_type))
    limit = profile.limits.sizes.image_bytes
    if limit and len(content) > limit:
        raise ValueError(
            say("image_has_bytes_more_than", name=name, count=len(content), limit=limit)
        )
    if not name.isascii() or not name.isprintable() or '"' in name or "\\" in name or not name:
        raise ValueError(say("image_name_is_not_plain_ascii", name=name))
    # Long and made from the content, so it cannot stand in the content but on purpose.
    boundary = f"crossfoot-{hashlib.sha256(content).hexdigest()}"
    head = (
        f"--{boundary}\r\n"
        f'Content-Disposition: form-data; name="file"; filename="{name}"\r\n'
        f"Content-Type: {content_type}\r\n\r\n"
    )
    body = head.encode() + content + f"\r\n--{boundary}--\r\n".encode()
    return f"multipart/form-data; boundary={boundary}", body
