"""How bash, zsh and fish are taught to complete: as click does it, but what is offered may go on (`--set x=`) and have commas in it.

bash takes a word apart at `=` and `@`; here the line up to the cursor is read instead, and what bash has already is left out again.
"""

from __future__ import annotations

import os
from typing import Any, ClassVar

from click.shell_completion import BashComplete, CompletionItem, FishComplete, ZshComplete, add_completion_class, split_arg_string

BASH = r"""
%(complete_func)s() {
    local type value line=${COMP_LINE:0:COMP_POINT} part=${COMP_WORDS[COMP_CWORD]}
    COMPREPLY=()
    while IFS=, read -r type value; do
        case $type in
            dir) compopt -o dirnames ;;
            file) compopt -o default ;;
            open) compopt -o nospace; COMPREPLY+=("$value") ;;
            plain) COMPREPLY+=("$value") ;;
        esac
    done < <(env COMP_WORDS="$line" COMP_CWORD="$part" %(complete_var)s=bash_complete "$1" 2>/dev/null)
}
complete -o nosort -F %(complete_func)s %(prog_name)s
"""
ZSH = r"""#compdef %(prog_name)s
%(complete_func)s() {
    local type value about
    local -a plain open told
    (( $+commands[%(prog_name)s] )) || return 1
    for type value about in "${(@f)$(env COMP_WORDS="${words[*]}" COMP_CWORD=$((CURRENT - 1)) \
            %(complete_var)s=zsh_complete %(prog_name)s 2>/dev/null)}"; do
        case $type in
            dir) _path_files -/ ;;
            file) _path_files -f ;;
            open) open+=("$value") ;;
            plain) if [[ $about == _ ]]; then plain+=("$value"); else told+=("$value:$about"); fi ;;
        esac
    done
    (( $#told )) && _describe -V unsorted told -U
    (( $#plain )) && compadd -U -V unsorted -a plain
    (( $#open )) && compadd -U -S '' -V unsorted -a open
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then %(complete_func)s "$@"; else compdef %(complete_func)s %(prog_name)s; fi
"""
FISH = r"""
function %(complete_func)s
    for line in (env %(complete_var)s=fish_complete COMP_WORDS=(commandline -cp) COMP_CWORD=(commandline -t) %(prog_name)s 2>/dev/null)
        set -l item (string split -m 1 , -- $line)
        switch $item[1]
            case dir
                __fish_complete_directories $item[2]
            case file
                __fish_complete_path $item[2]
            case plain
                echo $item[2]
        end
    end
end
complete --no-files --command %(prog_name)s --arguments "(%(complete_func)s)"
"""
BREAKS = "=@:"  # where bash takes a word apart


def teach() -> None:
    """From now on click speaks to these shells so."""
    for shell in (BashLine, ZshWords, FishWords):
        add_completion_class(shell)


def _kind(item: CompletionItem[Any]) -> str:
    return "open" if item.is_open else item.type


class BashLine(BashComplete):
    """Completes the line up to the cursor; the script hands it over as COMP_WORDS, and the part that bash completes as COMP_CWORD."""

    source_template: ClassVar[str] = BASH
    known = 0  # characters of the word that bash has before that part

    def get_completion_args(self) -> tuple[list[str], str]:
        line, part = os.environ["COMP_WORDS"], os.environ["COMP_CWORD"]
        words = split_arg_string(line)
        word = words.pop() if words and not line[-1:].isspace() else ""
        typed = word.partition("=")[2] if word.startswith("-") else word
        part = part.strip(BREAKS) and part.lstrip("\"'")
        self.known = len(typed) - len(part) if typed.endswith(part) else 0
        self.known -= typed[: self.known].endswith("@")  # which readline keeps with what follows
        return words[1:], word

    def format_completion(self, item: CompletionItem[Any]) -> str:
        return f"{_kind(item)},{item.value[self.known :]}"


class ZshWords(ZshComplete):
    """As click does it, with words that go on."""

    source_template: ClassVar[str] = ZSH

    def format_completion(self, item: CompletionItem[Any]) -> str:
        return super().format_completion(item).replace("plain", _kind(item), 1)


class FishWords(FishComplete):
    """As click does it, with commas; fish itself puts no blank behind `=` and `/`."""

    source_template: ClassVar[str] = FISH
