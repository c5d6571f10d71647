"""The same story over many pictures: sources of questions, one record a picture, results that survive being killed."""

from .plan import Plan
from .records import answer_question
from .run import evaluate
from .sources import CoOpSplit, FieldGuideSeries, Folder, Question, Source, Table
from .summary import summarise

__all__ = [
    "CoOpSplit",
    "FieldGuideSeries",
    "Folder",
    "Plan",
    "Question",
    "Source",
    "Table",
    "answer_question",
    "evaluate",
    "summarise",
]
