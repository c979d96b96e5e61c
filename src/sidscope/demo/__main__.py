"""``python -m sidscope.demo``."""

from sidscope.demo.serve import main

if __name__ == "__main__":
    main()
