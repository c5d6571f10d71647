"""The same story over many pictures: sources of questions, one record a picture, results that survive being killed."""

from .plan import Plan
from .records import Answered, answer_question
from .run import asked_of, evaluate, read_kept, read_plan
from .sources import CoOpSplit, FieldGuideSeries, Folder, Question, Source, Table
from .summary import summarise
from .workers import Crew, Processes

__all__ = [
    "Answered",
    "CoOpSplit",
    "Crew",
    "FieldGuideSeries",
    "Folder",
    "Plan",
    "Processes",
    "Question",
    "Source",
    "Table",
    "answer_question",
    "asked_of",
    "evaluate",
    "read_kept",
    "read_plan",
    "summarise",
]
