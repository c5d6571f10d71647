"""Pure tensor functions that know no model: attention algebra, measures, baselines."""
