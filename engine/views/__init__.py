"""Augmented views of one picture: random crops, AugMix mixtures, A-TPT's mixing by attention, other angles, and
everyday changes."""

from lazy_loader import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
