"""Evaluation on many pictures: one record a picture, kept line by line, so that a killed run can go on."""

from .executors import Executor, Processes, RayCluster
from .kept import kept_of, read_kept, read_plan, read_skipped
from .manifest import copy_attacked
from .merge import read_merged
from .plan import Plan
from .records import Answered, Skipped, answer_question
from .run import asked_of, evaluate
from .statistics import shares, summarise, wilson

__all__ = [
    "Answered",
    "RayCluster",
    "Executor",
    "Plan",
    "Processes",
    "Skipped",
    "answer_question",
    "asked_of",
    "copy_attacked",
    "evaluate",
    "kept_of",
    "read_merged",
    "read_kept",
    "read_plan",
    "read_skipped",
    "shares",
    "summarise",
    "wilson",
]
