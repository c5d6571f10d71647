"""The whole story of one picture as a stream of events."""
