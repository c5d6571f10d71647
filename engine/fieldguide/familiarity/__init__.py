"""How the built-in model tells its paintings from other pictures: the pictures, the fit, and the rates."""
