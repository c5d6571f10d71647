"""The head of the page: which model, what it reads with, and what had to be assumed of it."""

import engine
from app.figures.header import header


def test_the_head_names_the_model_what_it_reads_with_and_what_was_assumed(tiny):
    drawn = header(tiny)
    assert "<b>tiny</b>" in drawn and "64 × 64 pixels" in drawn
    assert "GELU, OpenAI&#x27;s mean and std, bicubic, resize mode shortest" in drawn and "note" not in drawn
    told = ("The file fits GELU & QuickGELU alike.",)
    other = engine.Backbone(tiny.model, tiny.tokenizer, "mine", tiny.preprocessing, assumed=told)
    assert "The file fits GELU &amp; QuickGELU alike." in header(other)
