"""``sitegen completion``: the shell completes commands and options."""

from __future__ import annotations

import click

from sitegen.cli.app import App, global_options, pass_app


@click.command("completion", short_help="Print the completion script for a shell.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@global_options
@pass_app
def command(app: App, shell: str) -> None:
    """Print the completion script for a shell.

    \b
    Examples:
      sitegen completion bash > ~/.local/share/bash-completion/completions/sitegen
      sitegen completion zsh > ~/.zfunc/_sitegen
      sitegen completion fish > ~/.config/fish/completions/sitegen.fish
    """
    from click.shell_completion import get_completion_class

    from sitegen.cli import root

    completion = get_completion_class(shell)
    assert completion is not None
    app.console.out(completion(root, {}, "sitegen", "_SITEGEN_COMPLETE").source())
