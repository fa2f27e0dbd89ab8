"""Heavy work on arrays and graphs. Knows no article, no city, no file."""

import os
from pathlib import Path

from dizuo.engines.kernel_cache import give_kernels_a_folder

_OF_THE_USER = Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser())
give_kernels_a_folder([Path(__file__).parent, _OF_THE_USER], os.environ)
