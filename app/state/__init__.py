"""What a visitor has chosen, and what is known for it; nothing here draws."""
