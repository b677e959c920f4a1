"""The words of the command line as scripts for three shells."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

_BASH = """\
# Completion of pbtui for bash; to keep it: pbtui completions bash > ~/.local/share/bash-completion/completions/pbtui
_pbtui_files() {{
    local IFS=$'\\n'
    COMPREPLY+=($(compgen -f -- "$1"))
}}
_pbtui() {{
    COMPREPLY=()
    local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} place="" i
    for ((i = 1; i < COMP_CWORD; i++)); do
        case "$place ${{COMP_WORDS[i]}}" in
            {places}) place="$place ${{COMP_WORDS[i]}}" ;;
        esac
    done
    case "$place:$before" in
{after}
    esac
    local words=""
    case "$place" in
{words}
    esac
    COMPREPLY=($(compgen -W "$words" -- "$word"))
    [[ $word == -* ]] || _pbtui_files "$word"
}}
complete -o filenames -F _pbtui pbtui
"""
_ZSH = """\
#compdef pbtui
# Completion of pbtui for zsh; to keep it: pbtui completions zsh > a folder of $fpath, as _pbtui
_pbtui() {{
    local place="" i
    for ((i = 2; i < CURRENT; i++)); do
        case "$place ${{words[i]}}" in
            {places}) place="$place ${{words[i]}}" ;;
        esac
    done
    case "$place:${{words[CURRENT-1]}}" in
{after}
    esac
    local -a known
    case "$place" in
{words}
    esac
    _describe 'pbtui' known
    [[ $PREFIX == -* ]] || _files
}}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _pbtui "$@"; else compdef _pbtui pbtui; fi
"""
_FISH_HEAD = """\
# Completion of pbtui for fish; to keep it: pbtui completions fish > ~/.config/fish/completions/pbtui.fish
"""
_FISH_PLACE = """\
function __pbtui_at
    set -l place
    for word in (commandline -opc)[2..-1]
        switch "$place $word"
            case {places}
                set place "$place $word"
        end
    end
    test "$place" = "$argv[1]"
end
"""


@dataclass(frozen=True, slots=True)
class Words:
    """What may follow a command: `subs` are its own commands, `after` a flag's values (None: a file)."""

    command: tuple[str, ...]
    help: str
    flags: tuple[tuple[str, str], ...]  # long flag, help
    choices: tuple[str, ...]  # of positional arguments
    after: dict[str, tuple[str, ...] | None]
    subs: tuple[str, ...] = ()


def bash(words: list[Words]) -> str:
    """Return the script for bash."""
    after = [
        f'        "{_place(each)}:{flag}") {_bash_values(values)}; return ;;'
        for each in words
        for flag, values in each.after.items()
    ]
    lists = [f'        "{_place(each)}") words="{" ".join(_all(each))}" ;;' for each in words]
    return _BASH.format(places=_places(words), after="\n".join(after), words="\n".join(lists))


def zsh(words: list[Words]) -> str:
    """Return the script for zsh; it shows what each word does."""
    after = [
        f'        "{_place(each)}:{flag}") {_zsh_values(values)}; return ;;'
        for each in words
        for flag, values in each.after.items()
    ]
    told = {_place(each): each.help for each in words}
    lists: list[str] = []
    for each in words:
        known = [(sub, told.get(f"{_place(each)} {sub}", "")) for sub in each.subs]
        known += [(choice, "") for choice in each.choices] + list(each.flags)
        shown = " ".join(_zsh_word(name, text) for name, text in known)
        lists.append(f'        "{_place(each)}") known=({shown}) ;;')
    return _ZSH.format(places=_places(words), after="\n".join(after), words="\n".join(lists))


def fish(words: list[Words]) -> str:
    """Return the script for fish."""
    places = " ".join(_single(_place(each)) for each in words if each.command)
    lines = [_FISH_HEAD + _FISH_PLACE.format(places=places)]
    told = {_place(each): each.help for each in words}
    for each in words:
        at = f"complete -c pbtui -n \"__pbtui_at '{_place(each)}'\""
        for sub in each.subs:
            lines.append(f"{at} -a {sub} -d {_single(_short(told.get(f'{_place(each)} {sub}', '')))}\n")
        lines.extend(f"{at} -a {_single(choice)}\n" for choice in each.choices)
        for flag, text in each.flags:
            values = each.after.get(flag, ())
            more = " -r -F" if values is None else f" -x -a {_single(' '.join(values))}" if values else ""
            lines.append(f"{at} -l {flag.removeprefix('--')} -d {_single(_short(text))}{more}\n")
    return "".join(lines)


def _place(words: Words) -> str:
    return "".join(f" {word}" for word in words.command)


def _places(words: Iterable[Words]) -> str:
    return " | ".join(f'"{_place(each)}"' for each in words if each.command)


def _all(words: Words) -> tuple[str, ...]:
    return (*words.subs, *words.choices, *(flag for flag, _ in words.flags))


def _bash_values(values: tuple[str, ...] | None) -> str:
    return '_pbtui_files "$word"' if values is None else f'COMPREPLY=($(compgen -W "{" ".join(values)}" -- "$word"))'


def _zsh_values(values: tuple[str, ...] | None) -> str:
    return "_files" if values is None else f"compadd -- {' '.join(values)}"


def _zsh_word(name: str, text: str) -> str:
    return _single(f"{name}:{_short(text)}" if text else name)


def _short(text: str) -> str:
    """Return the start of a help text, as one line: shells show it beside the word."""
    line = " ".join(text.replace("`", "").split())
    return line if len(line) <= 70 else f"{line[:69].rstrip()}…"


def _single(text: str) -> str:
    """Return a text in single quotes, as all three shells read it."""
    return "'" + text.replace("\\", "").replace("'", "’") + "'"
