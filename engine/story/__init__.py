"""The story of one picture: its parts, their results by key, and all of it as a stream of events."""
