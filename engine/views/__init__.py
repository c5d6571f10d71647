"""Augmented views of one picture: random crops, AugMix mixtures, and A-TPT's mixing by attention."""
