"""``python -m ailoop`` is the ``ailoop`` command."""

from ailoop.cli import main

if __name__ == "__main__":
    main()
