"""Tests of the engine; no page."""
