"""The same story over many pictures: sources of questions, one record a picture, results that survive being killed."""

from .beside import read_beside
from .cluster import Cluster
from .coop import LAYOUTS, CoOp, Layout
from .plan import Plan
from .records import Answered, answer_question
from .run import asked_of, evaluate, read_kept, read_plan
from .sources import CoOpSplit, FieldGuideSeries, Folder, Question, Source, Table
from .summary import summarise
from .torchvision_sets import SETS, Known, Torchvision
from .workers import Crew, Processes

__all__ = [
    "LAYOUTS",
    "SETS",
    "Answered",
    "Cluster",
    "CoOp",
    "CoOpSplit",
    "Crew",
    "FieldGuideSeries",
    "Folder",
    "Known",
    "Layout",
    "Plan",
    "Processes",
    "Question",
    "Source",
    "Table",
    "Torchvision",
    "answer_question",
    "asked_of",
    "evaluate",
    "read_beside",
    "read_kept",
    "read_plan",
    "summarise",
]
