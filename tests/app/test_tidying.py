"""The server lets go of what nobody asks for any more, without hearing that a visitor has left."""

import torch

from app import hosting, tidying
from engine.story import Results


def test_results_of_who_has_gone_are_dropped_and_memory_is_given_back(monkeypatch):
    given, now = [], [0.0]
    results = Results(clock=lambda: now[0])
    monkeypatch.setattr(hosting, "give_back", lambda: given.append(results.bytes))
    results.put("key", torch.zeros(10), "gone own")
    now[0] = tidying.KEEP
    tidying.tidy(results)
    results.put("another", torch.zeros(5), "here")
    now[0] += 1
    tidying.tidy(results)
    assert "key" not in results and "another" in results and given == [40, 20]
