"""All promises, in the order in which they are tried."""

from __future__ import annotations

from tests.trust import calls, faults, injection, soak, uploads, visitors

PROMISES = (
    *calls.PROMISES,
    *uploads.PROMISES,
    *injection.PROMISES,
    *visitors.PROMISES,
    *faults.PROMISES,
    *soak.PROMISES,
)
