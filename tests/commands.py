"""Commands run inside the test's own process."""

from __future__ import annotations

from click.testing import CliRunner

from a1viz.cli.commands import cli


def run(*arguments, code=0):
    """Run a command inside this process; returns what it prints."""
    result = CliRunner().invoke(cli, [str(a) for a in arguments], prog_name="a1viz")
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    assert result.exit_code == code, result.output
    return result


def refused(*arguments) -> str:
    """The one message on stderr of a command that ends with exit code 2 and prints nothing else."""
    result = run(*arguments, code=2)
    assert result.stdout == ""
    assert result.stderr.startswith(("error: ", "Usage: ")) and "Traceback" not in result.stderr
    return result.stderr
