"""Two looks side by side, what is pinned and what is on the page now, step by step."""
