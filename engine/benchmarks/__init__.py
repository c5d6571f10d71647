"""How fast the engine is, how well the built-in model does, and where maps point."""
