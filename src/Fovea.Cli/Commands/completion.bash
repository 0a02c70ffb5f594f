_fovea() {
    local line="${COMP_LINE:0:$COMP_POINT}" word="${COMP_WORDS[COMP_CWORD]}"
    local text="fovea ${line#* }" IFS=$'\n'
    COMPREPLY=($(compgen -W "$("${COMP_WORDS[0]}" "[suggest:${#text}]" "$text" 2>/dev/null)" -- "$word"))
}
complete -o default -F _fovea fovea
