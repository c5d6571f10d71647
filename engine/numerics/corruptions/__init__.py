"""Common corruptions: ordinary damage of pictures, in the kinds and five severities of Hendrycks and Dietterich."""

from .kinds import KINDS, SEVERITIES, corrupt

__all__ = ["KINDS", "SEVERITIES", "corrupt"]
