"""What the browser of each visitor shows: which state every piece was drawn from last, and with which choices."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import gradio as gr
from gradio.components import Component

from app.choices import Choices
from app.components.naming import differences, listed
from app.figures.html import esc
from app.figures.journey import cleared
from app.state.found import Found
from app.state.visitors import Visitor
from app.text import words as text
from app.wiring.drawings import Drawings
from app.wiring.pieces import Piece, merged

MOST = 300  # screens remembered; each is a few hundred words
NAMED = 3  # settings that differ, named in a line
MAPS = 3  # the step that no later one reads


@dataclass(eq=False, slots=True)
class _Drawn:
    """The state that a piece was drawn from, and the visitor's choices of then."""

    state: tuple
    choices: Choices
    whole: bool  # whether its subject was there with nothing missing
    cut: Component | None = None  # where something else was begun to be drawn that has no end


@dataclass(eq=False, slots=True)
class _Screen:
    ground: tuple = ()  # model, picture and classes: on others, nothing that was drawn before is worth a look
    pieces: dict[int, _Drawn] = field(default_factory=dict)
    stale: dict[int, str] = field(default_factory=dict)
    cleared: list[int] = field(default_factory=list)
    choices: Choices | None = None
    complaint: str = ""
    complained: Choices | None = None  # of what the complaint is about
    lock: threading.RLock = field(default_factory=threading.RLock)


class Behind(NamedTuple):
    """Steps that show something dimmed, and those that show nothing though they did with other settings; the choices
    with which that was drawn, and the model and the picture."""

    dimmed: list[int]
    cleared: list[int]
    choices: Choices | None
    ground: tuple

    def moved_to(self, other: Behind) -> bool:
        """Whether `other` is news: steps are dimmed or no longer; on the same picture, other choices have cleared some,
        or something has come to those."""
        if self.dimmed != other.dimmed:
            return True
        known = bool(self.cleared) or self.choices != other.choices
        return self.cleared != other.cleared and self.ground == other.ground and known


class Screens:
    """Tells what has to be drawn anew; safe to use from several threads.

    `lines` has a component a step, for the line on what the results shown there were made with.
    """

    def __init__(self, lines: dict[int, gr.HTML]) -> None:
        self.lines = lines
        self.pieces: list[tuple[int, Piece]] = []
        self.controls: Mapping[str, Component] = {}
        self.steps: dict[str, int] = {}  # of the controls that belong to a step, by their names
        self._drawings = Drawings()
        self._lock = threading.Lock()
        self._screens: OrderedDict[str, _Screen] = OrderedDict()

    def forget(self, key: str) -> None:
        """Draw everything anew the next time."""
        with self._lock:
            self._screens.pop(key, None)

    def covered(self, key: str, output: Component) -> None:
        """Something else was drawn over what a piece had drawn into `output`, so the piece is drawn anew."""
        with self._lock:
            screen = self._screens.setdefault(key, _Screen())
        with screen.lock:
            for place, (_, piece) in enumerate(self.pieces):
                if output in piece.outputs and place in screen.pieces and screen.pieces[place].whole:
                    screen.pieces[place].state = ()

    def cut(self, key: str, output: Component) -> None:
        """What was being drawn into `output` was stopped: it goes, also where nothing comes in its place."""
        with self._lock:
            screen = self._screens.setdefault(key, _Screen())
        with screen.lock:
            for place, (_, piece) in enumerate(self.pieces):
                if output in piece.outputs and place in screen.pieces:
                    screen.pieces[place].state, screen.pieces[place].cut = (), output

    def complains(self, key: str, choices: Choices | None, sentence: str) -> bool:
        """Note what is wrong with these choices (empty: nothing); whether that is news.

        What was wrong with them stays so until they are others.
        """
        with self._lock:
            screen = self._screens.setdefault(key, _Screen())
            if not sentence and screen.complained == choices:
                return False
            before, screen.complaint, screen.complained = screen.complaint, sentence, choices
            return before != sentence

    def complaining(self, key: str, choices: Choices) -> bool:
        """Whether something is wrong with these choices that the visitor has been told."""
        with self._lock:
            screen = self._screens.get(key)
            return screen is not None and bool(screen.complaint) and screen.complained == choices

    def behind(self, key: str) -> Behind:
        """The steps of the visitor's screen that settings have moved away from."""
        with self._lock:
            screen = self._screens.get(key, _Screen())
            dimmed = sorted(step for step, said in screen.stale.items() if said)
            return Behind(dimmed, screen.cleared, screen.choices, screen.ground[:2])

    def redrawn(self, key: str, visitor: Visitor, found: Found, choices: Choices) -> dict:
        """The updates of all pieces that read something else than when they were drawn last."""
        with self._lock:
            screen = self._screens.setdefault(key, _Screen())
            self._screens.move_to_end(key)
            while len(self._screens) > MOST:
                self._screens.popitem(last=False)
        with screen.lock:
            return self._redrawn(screen, visitor, found, choices)

    def _redrawn(self, screen: _Screen, visitor: Visitor, found: Found, choices: Choices) -> dict:
        screen.cleared, screen.choices = cleared(found), choices
        updates: dict = {}
        notes: dict[int, list[tuple[Piece, _Drawn]]] = {}
        ground = tuple(getattr(found, name) for name in ("model", "picture", "classes"))
        same_ground, screen.ground = screen.ground == ground, ground
        controls = frozenset(self.controls.values())
        for place, (step, piece) in enumerate(self.pieces):
            before, state = screen.pieces.get(place), piece.state(found, choices)
            whole = any(name in found.made and name not in found.partial for name in piece.shows)
            kept = before is not None and before.whole and same_ground and visitor.asked.intersection(piece.shows)
            comes = visitor.progress.step is not None and any(name in found.made for name in piece.shows)
            if before is not None and kept and not whole and not comes:
                notes.setdefault(step, []).append((piece, before))
                if before.cut is not None:
                    updates, before.cut = merged(updates, {before.cut: ""}), None
            elif before is not None and before.state == state:
                before.choices = choices  # with which it is the same, and is there
            else:
                updates = merged(updates, self._drawings.draw(piece, found, choices, controls))
                screen.pieces[place] = _Drawn(state, choices, whole)
        return merged(updates, self._noted(screen, notes, choices))

    def _noted(self, screen: _Screen, notes: dict[int, list[tuple[Piece, _Drawn]]], choices: Choices) -> dict:
        """The lines that differ from those that stand there."""
        updates = {}
        for step, line in self.lines.items():
            said = self._note(step, notes[step], choices) if step in notes else ""
            if said != screen.stale.get(step, ""):
                screen.stale[step] = said
                updates[line] = said
        return updates

    def _note(self, step: int, stale: Sequence[tuple[Piece, _Drawn]], choices: Choices) -> str:
        before = stale[0][1].choices
        every = before.differing(choices)  # an attack through a defence depends on steps behind it
        differing = [name for name in every if self._matters(name, step)] or every
        differing.sort(key=lambda name: -self.steps.get(name, 0))  # those of this step come first
        named = listed(differences(self.controls, before, choices, differing), NAMED)
        ids = ",".join(
            f"#{output.elem_id}" for piece, _ in stale for output in piece.outputs if getattr(output, "elem_id", None)
        )
        sentence = text.STALE.format(settings=named)
        press = f'<span class="at-rest">{esc(text.STALE_PRESS)}</span>'  # while nothing is at work
        dimmed = f"{ids}{{opacity:.4}}:is({ids}) [data-index]{{cursor:not-allowed}}"
        return f'<style>{dimmed}</style><p class="stale" role="status">{esc(sentence)} {press}</p>'

    def _matters(self, name: str, step: int) -> bool:
        """Whether a step may depend on a control: of its own, of no step, or of one before it, but for the maps'."""
        own = self.steps.get(name, 0)
        return own == step or (own < step and own != MAPS)
