"""A-TPT's stages on any CLIP: attack, attend, make views, tune, fuse. Knows nothing about pages.

These names are all that a page or a script needs; every verb is `verb(backbone, what it works on, classes, settings)`.
"""

from .attacks import ATTACKS, attack
from .attention import attend, methods_for
from .backbone import FORMS as MODEL_FORMS
from .backbone import Backbone, load_backbone
from .baselines import random_map, sign_noise
from .catalogue import ModelEntry, catalogue
from .classes import DEFAULT_TEMPLATE, Classes
from .defend import defend, with_domain_word
from .ensemble import fuse
from .errors import EngineError
from .evaluation import Plan, Question, answer_question, read_kept, read_plan
from .evaluation.summary import shares, wilson
from .fieldguide import COLOURS, KINDS, PATTERNS, Specimen, is_held_out, random_specimen
from .inside import Inside, look_inside
from .maps import MAPS
from .measures import centre_shift, energy_inside, pointing_hit, spearman, ssim, top_iou
from .methods import METHODS
from .occlusion import Occlusion, occlude
from .painter import Painted, paint_specimen
from .pictures import Picture, load_picture, save_png
from .pipeline import explore
from .plain import attack_data, defence_data, maps_data, prediction_data
from .precision import PRECISIONS
from .predict import predict
from .settings import (
    AttackSettings,
    AttentionSettings,
    EnsembleSettings,
    Settings,
    TuneSettings,
    ViewSettings,
)
from .tuning import tune
from .types import (
    Adversarial,
    AttackStep,
    AttentionMap,
    Defence,
    Download,
    Ensemble,
    Prediction,
    Stage,
    TuneStep,
    ViewSet,
)
from .views import make_views, map_agreement
from .wording import WordRelevance, word_relevance

__all__ = [
    "ATTACKS",
    "COLOURS",
    "DEFAULT_TEMPLATE",
    "KINDS",
    "MAPS",
    "METHODS",
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
    "Defence",
    "Download",
    "EngineError",
    "Ensemble",
    "EnsembleSettings",
    "Inside",
    "ModelEntry",
    "Occlusion",
    "Painted",
    "Picture",
    "Plan",
    "Prediction",
    "Question",
    "Settings",
    "Specimen",
    "Stage",
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
    "look_inside",
    "make_views",
    "map_agreement",
    "maps_data",
    "methods_for",
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
