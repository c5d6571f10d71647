"""What the page draws, without a browser."""

from app.choices import Choices
from app.state.found import Found
from app.wiring.page import Page
from app.wiring.pieces import merged
from tests.page_cases import CHOICES


def drawn(page: Page, found: Found, choices: Choices = CHOICES) -> dict:
    """The updates of all pieces of the page."""
    updates: dict = {}
    for _, piece in page.screens.pieces:
        updates = merged(updates, piece.draw(found, choices))
    return updates
