"""Evaluation on many pictures: one record a picture, kept line by line, so that a killed run can go on."""

from .executors import Executor, Processes, RayCluster
from .merge import read_merged
from .plan import Plan
from .records import Answered, answer_question
from .run import asked_of, evaluate, read_kept, read_plan
from .statistics import shares, summarise, wilson

__all__ = [
    "Answered",
    "RayCluster",
    "Executor",
    "Plan",
    "Processes",
    "answer_question",
    "asked_of",
    "evaluate",
    "read_merged",
    "read_kept",
    "read_plan",
    "shares",
    "summarise",
    "wilson",
]
