from .heads import AttentionHeads as AttentionHeads
from .heads import attention_heads as attention_heads
from .occlusion import Occlusion as Occlusion
from .occlusion import occlude as occlude
from .registry import MAPS as MAPS
from .registry import maps_for as maps_for
from .words import WordRelevance as WordRelevance
from .words import word_relevance as word_relevance
