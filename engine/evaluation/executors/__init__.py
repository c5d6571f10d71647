"""Executors: pools of workers, each with one model loaded, on this machine or on a Ray cluster."""

from .base import Each, Executor, Work
from .processes import Processes
from .ray import RayCluster

__all__ = ["Each", "Executor", "Processes", "RayCluster", "Work"]
