from .everyday import change_name as change_name
from .guided import make_views as make_views
from .guided import map_similarity as map_similarity
