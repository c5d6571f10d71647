"""The six steps of the story: each builds its panel and draws it from a session."""
