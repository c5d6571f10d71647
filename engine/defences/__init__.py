"""Test-time defences, and what they are made of: prompt tuning, weighted ensembles, purification."""
