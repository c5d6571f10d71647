"""What the page asks of the panel of a step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from gradio.components import Component

from app.choices import Choices
from app.session import Session

if TYPE_CHECKING:
    from app.page import Page


class Panel(Protocol):
    """The controls of one step, and what is drawn there."""

    @property
    def controls(self) -> Mapping[str, Component]:
        """By the names of their choices."""
        ...

    @property
    def outputs(self) -> Sequence[Component]:
        """What drawing may change."""
        ...

    def wire(self, page: Page) -> None:
        """Add the listeners of the panel."""

    def draw(self, session: Session, choices: Choices) -> dict:
        """The panel as the session has it."""
        ...
