"""``python -m journeysim`` is the ``journeysim`` command."""

from journeysim.cli import main

if __name__ == "__main__":
    main()
