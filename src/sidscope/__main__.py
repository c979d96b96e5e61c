"""``python -m sidscope`` is the ``sidscope`` command."""

import sys

if __name__ == "__main__":
    try:
        from sidscope.cli import main
    except KeyboardInterrupt:  # while it was still loading; main itself ends on ctrl+c without a word
        sys.exit(130)
    sys.exit(main())
