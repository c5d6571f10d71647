"""The same story over many pictures: sources of questions, one record a picture, results that survive being killed."""

from .executors import Executor, Processes
from .merge import read_merged
from .plan import Plan
from .ray import RayCluster
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
