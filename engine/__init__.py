"""A-TPT's stages on any CLIP: attack, attend, make views, tune, fuse. Knows nothing about pages.

These names are all that a page or a script needs; every verb is `verb(backbone, what it works on, classes, settings)`.
"""

from .attacks import ATTACKS
from .classes import DEFAULT_TEMPLATE, Classes
from .datasets.base import Question
from .defences.a_tpt import with_domain_word
from .defences.defend import defend
from .defences.ensemble import fuse
from .defences.registry import DEFENCES
from .defences.tuning import tune
from .errors import EngineError
from .evaluation import Plan, answer_question, read_kept, read_plan
from .evaluation.statistics import shares, wilson
from .fieldguide.world import COLOURS, KINDS, PATTERNS, Specimen, is_held_out, random_specimen
from .fieldguide.world.painter import Painted, paint_specimen
from .maps.attend import attend, maps_for
from .maps.heads import AttentionHeads, attention_heads
from .maps.occlusion import Occlusion, occlude
from .maps.registry import MAPS
from .maps.words import WordRelevance, word_relevance
from .models import FORMS as MODEL_FORMS
from .models import Backbone, load_backbone
from .models.catalogue import ModelEntry, catalogue
from .models.precision import PRECISIONS
from .models.predict import predict
from .numerics.baselines import random_map, sign_noise
from .numerics.measures import centre_shift, energy_inside, pointing_hit, spearman, ssim, top_iou
from .pictures import Picture, load_picture, save_png
from .results import (
    Adversarial,
    AttackStep,
    AttentionMap,
    DefenceResult,
    Download,
    Ensemble,
    Event,
    Prediction,
    TuneStep,
    ViewSet,
)
from .serialise import attack_data, defence_data, maps_data, prediction_data
from .settings import AttackSettings, AttentionSettings, EnsembleSettings, Settings, TuneSettings, ViewSettings
from .story.attack import attack
from .story.explore import explore
from .views.guided import make_views, map_similarity

__all__ = [
    "ATTACKS",
    "COLOURS",
    "DEFAULT_TEMPLATE",
    "KINDS",
    "MAPS",
    "DEFENCES",
    "MODEL_FORMS",
    "PATTERNS",
    "PRECISIONS",
    "Adversarial",
    "AttackSettings",
    "AttackStep",
    "AttentionMap",
    "AttentionSettings",
    "Backbone",
    "Classes",
    "DefenceResult",
    "Download",
    "EngineError",
    "Ensemble",
    "EnsembleSettings",
    "AttentionHeads",
    "ModelEntry",
    "Occlusion",
    "Painted",
    "Picture",
    "Plan",
    "Prediction",
    "Question",
    "Settings",
    "Specimen",
    "Event",
    "TuneSettings",
    "TuneStep",
    "ViewSet",
    "ViewSettings",
    "WordRelevance",
    "answer_question",
    "attack",
    "attack_data",
    "attend",
    "catalogue",
    "centre_shift",
    "defence_data",
    "defend",
    "energy_inside",
    "explore",
    "fuse",
    "is_held_out",
    "load_backbone",
    "load_picture",
    "attention_heads",
    "make_views",
    "map_similarity",
    "maps_data",
    "maps_for",
    "occlude",
    "paint_specimen",
    "pointing_hit",
    "predict",
    "prediction_data",
    "random_map",
    "random_specimen",
    "read_kept",
    "read_plan",
    "save_png",
    "shares",
    "sign_noise",
    "spearman",
    "ssim",
    "top_iou",
    "tune",
    "wilson",
    "with_domain_word",
    "word_relevance",
]
