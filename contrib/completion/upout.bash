# bash completion of upout and upout-baseline: the program itself says what may stand there. Where it says nothing, files do.
_upout() {
  local IFS=$'\n'
  COMPREPLY=($("$1" --complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o bashdefault -o default -F _upout upout upout-baseline
