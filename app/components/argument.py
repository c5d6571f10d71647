"""An argument of the API, as the page “Use via API” and MCP clients describe it.

Gradio writes a stub (`argument.pyi`) beside any file that defines a component, so this has a file to itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gradio.components.api_component import Api
from gradio.data_classes import FileData
from gradio_client.utils import handle_file, python_type_to_json_schema


class Argument(Api):
    """Holds any value and shows none; Gradio's own has a number for its name, no description and no example."""

    def __init__(
        self,
        label: str,
        kind: Any,
        choices: Sequence[str] = (),
        value: Any = None,
        explained: str = "",
        example: Any = None,
    ) -> None:
        """`label` is its name, `kind` a type hint, `choices` the values that it, or each of a list, may have (empty:
        any), `value` the default (None: there is none), `explained` a sentence or two."""
        schema: Any = python_type_to_json_schema(kind)
        if choices:
            named = {"enum": [*choices]}
            schema = named if kind is str else {"type": "array", "items": named}
        schema |= {"description": explained, "additional_description": explained} if explained else {}
        super().__init__(value, schema, label=label)
        file = kind is FileData and example is not None  # the address of a picture
        self.example = handle_file(example) if file else example

    def get_block_name(self) -> str:
        """The name of what it derives from, which the browser knows."""
        return "api"

    def example_payload(self) -> Any:
        """A value that one may send."""
        return super().example_payload() if self.example is None else self.example
