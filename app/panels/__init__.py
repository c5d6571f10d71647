"""The six steps of the story: each builds its panel and draws it from what is found."""
