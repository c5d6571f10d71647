"""The listeners of the page: one that draws, one a button, one a press inside a figure."""
