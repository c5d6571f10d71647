"""All promises, in the order in which they are tried."""

from __future__ import annotations

from tests.trust import uploads

PROMISES = (*uploads.PROMISES,)
