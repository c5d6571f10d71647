"""The built-in painted world: its painting, its data set, and the training of its model."""
