"""Gradio's page, with less to do for each event of its listeners, which read and may draw everything there is.

Gradio hands every single value that comes in or goes out to another thread, and takes every output that an update
passes over for an update too, of nothing, for which it builds the component anew. That is 70 threads and 150 components
whenever a control moves, and each waits for whatever else computes.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import gradio as gr
from anyio import to_thread
from gradio.block_function import BlockFunction
from gradio.blocks import Block
from gradio.components.base import _Keywords
from gradio.state_holder import SessionState

from app.text.words import MISFIT

LARGEST_TOLD = 2**53 - 1  # integers that a browser tells from their neighbours; from 2**64 on none can be sent to it


class Blocks(gr.Blocks):
    """One page; its listeners answer with values by component."""

    async def preprocess_data(
        self, block_fn: BlockFunction, inputs: list, state: SessionState | None, explicit_call: bool = False
    ) -> list:
        """The values that a listener is handed, checked by their components in a single thread; integers that a browser
        could not be told, `LARGEST_TOLD` at most.

        Raises `gr.Error`, which is no fault of the server's and not for its log, for what no listener can be handed.
        """
        try:
            return list(map(_tellable, await self._handed(block_fn, inputs, state, explicit_call)))
        except gr.Error as error:
            error.print_exception = False
            raise
        except Exception as error:
            raise gr.Error(MISFIT, print_exception=False) from error

    async def _handed(
        self, block_fn: BlockFunction, inputs: list, state: SessionState | None, explicit_call: bool
    ) -> list:
        if state is None or not block_fn.preprocess or any(_has_files(block) for block in block_fn.inputs):
            return await super().preprocess_data(block_fn, inputs, state, explicit_call)
        raw = await super().preprocess_data(_with(block_fn, preprocess=False), list(inputs), state, explicit_call)
        try:
            return await to_thread.run_sync(_checked, [state[block._id] for block in block_fn.inputs], raw)
        except Exception:
            return await super().preprocess_data(block_fn, inputs, state, explicit_call)  # says which it was

    async def postprocess_data(
        self, block_fn: BlockFunction, predictions: list | dict, state: SessionState | None
    ) -> list[Any]:
        """What is sent for each output of the listener; of those that no update names, that they stay.

        All do where a listener has come to its end: Gradio empties all that one is to draw that ends before it has
        drawn anything, as Stop may have it do.
        """
        if _is_end(predictions) or (isinstance(predictions, dict) and predictions == gr.skip()):
            predictions = {}
        if not (isinstance(predictions, dict) and all(isinstance(key, Block) for key in predictions)):
            return await super().postprocess_data(block_fn, predictions, state)
        sent = {output: value for output, value in predictions.items() if _is_text(output, value)}
        rest = {output: value for output, value in predictions.items() if output not in sent}
        if rest:
            named = [output for output in block_fn.outputs if output in rest]
            values = await super().postprocess_data(_with(block_fn, outputs=named), rest, state)
            sent |= dict(zip(named, values, strict=True))
        return [sent.get(output, gr.skip()) for output in block_fn.outputs]

    def handle_streaming_diffs(
        self,
        block_fn: BlockFunction,
        data: list,
        session_hash: str | None,
        run: str | None,
        final: bool,
        simple_format: bool = False,
    ) -> list:
        """What of an update is sent; of a listener's end nothing, which is no update.

        Gradio sends the last update once more with the end of an event: the browser would draw it twice, the second
        time over whatever another event has drawn meanwhile.
        """
        sent = super().handle_streaming_diffs(block_fn, data, session_hash, run, final, simple_format)
        return [gr.skip() for _ in sent] if final and block_fn.api_visibility == "private" else sent


def _with(block_fn: BlockFunction, **fields: Any) -> BlockFunction:
    """The same with other fields."""
    other = copy.copy(block_fn)
    vars(other).update(fields)
    return other


def _has_files(block: Block) -> bool:
    """Whether its values are more than JSON: they may name files."""
    return getattr(block, "data_model", None) is not None or block.stateful


def _is_end(predictions: object) -> bool:
    """Whether this stands for the end of a generator."""
    first = predictions[0] if isinstance(predictions, tuple) and predictions else predictions
    return first is _Keywords.FINISHED_ITERATING


def _tellable(value: Any) -> Any:
    return max(-LARGEST_TOLD, min(value, LARGEST_TOLD)) if type(value) is int else value


def _is_text(output: Block, value: object) -> bool:
    """Whether the value goes to the browser as it is."""
    return isinstance(output, gr.HTML) and isinstance(value, str)


def _checked(components: Sequence[Any], values: Sequence) -> list:
    return [component.preprocess(value) for component, value in zip(components, values, strict=True)]
