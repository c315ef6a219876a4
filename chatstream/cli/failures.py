"""Domain errors as a command line shows them: one sentence and exit code 1."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import click
from sqlalchemy.exc import OperationalError, ProgrammingError

from chatstream.errors import ChatStreamError

P = ParamSpec("P")
R = TypeVar("R")


def plainly(command: Callable[P, R]) -> Callable[P, R]:
    """Turn a ChatStreamError, or a database that is not there or not migrated, into a click error."""

    @wraps(command)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except ChatStreamError as error:
            raise click.ClickException(_sentence(error)) from None
        except ProgrammingError as error:
            raise click.ClickException(f"{_first_line(error)}. Has 'flask db upgrade' been run?") from None
        except OperationalError as error:
            raise click.ClickException(f"The database does not answer: {_first_line(error)}") from None

    return wrapper


def _first_line(error: Exception) -> str:
    return str(getattr(error, "orig", error)).strip().splitlines()[0]


def _sentence(error: ChatStreamError) -> str:
    fields = error.extra.get("errors")
    if isinstance(fields, dict):
        return "; ".join(f"{name}: {' '.join(reasons)}" for name, reasons in fields.items())
    return error.detail
