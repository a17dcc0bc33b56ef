"""The console script, and `python -m a1viz`: a picture drawn before is written at once, all else is the command line's."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line on the words the shell gave."""
    from .cli.kept_pictures import key_of, write_again

    key = key_of(sys.argv[1:])
    if key:
        from .base.errors import OutputError

        try:
            if write_again(key):
                return
        except OutputError:
            key = ""  # the command line says what is wrong with the file
    from .cli.commands import cli

    cli.main(prog_name="a1viz", obj=key)


if __name__ == "__main__":
    main()
