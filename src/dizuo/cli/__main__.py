"""``python -m dizuo.cli`` is the same as ``dizuo``."""

import sys

from dizuo.cli import main

if __name__ == "__main__":
    sys.exit(main())
