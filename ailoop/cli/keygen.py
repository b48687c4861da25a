"""``ailoop keygen``: the two files of a key, one to keep and one to give away."""

from __future__ import annotations

from pathlib import Path

import click

from ailoop.cli.text import one_line

__all__ = ["keygen"]


@click.command()
@click.argument("name")
@click.option(
    "--dir",
    "folder",
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    default=".",
    show_default=True,
    help="Where to write the files.",
)
def keygen(name: str, folder: Path) -> None:
    r"""Make a key for NAME, with which prompts can be encrypted for them.

    It writes NAME.private.jwk, which only NAME may have, and NAME.public.jwk for those who
    encrypt. Files that are there are never written over.

    \b
    Examples:
      ailoop keygen ann
      ailoop keygen deploy-agent --dir ~/.config/ailoop
    """
    # The cryptography is loaded for whom it is for.
    from ailoop.trust.keys import make_key, write_key

    try:
        key = make_key(name)
        private, public = write_key(key, folder)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="NAME") from None
    except FileExistsError as error:
        where = one_line(str(error.filename))
        raise click.UsageError(f"{where} is there already; no key is written over") from None
    except OSError as error:
        where = one_line(str(error.filename))
        raise click.UsageError(f"{where} cannot be written: {error.strerror}") from None
    click.echo(f"{one_line(str(private))}  keep it: it opens what is encrypted for {name}")
    click.echo(f"{one_line(str(public))}  give it to those who encrypt for {name}")
