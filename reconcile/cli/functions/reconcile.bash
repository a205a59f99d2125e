# Completion of reconcile for bash 4.4 and newer. Load it in ~/.bashrc:  eval "$(reconcile completion bash)"
_reconcile() {
    local answer finished=1
    COMPREPLY=()
    while IFS= read -r answer; do
        [[ $answer == -* ]] && finished=
        COMPREPLY+=("${answer:1}")
    done < <(_RECONCILE_COMPLETE=bash "${1/#\~\//$HOME/}" "${COMP_LINE:0:COMP_POINT}" "$COMP_WORDBREAKS" 2>/dev/null)
    # No space behind what goes on, such as `tier=` or a folder.
    [[ $finished ]] || compopt -o nospace
}
complete -o nosort -F _reconcile reconcile
