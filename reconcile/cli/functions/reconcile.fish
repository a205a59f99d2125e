# Completion of reconcile for fish 3.1 and newer. Load it in config.fish:  reconcile completion fish | source
function __reconcile_complete
    set -l words (commandline --current-process --tokenize --cut-at-cursor)
    set -l begun (commandline --current-token --cut-at-cursor)
    set -l program (string replace --regex '^~/' "$HOME/" -- $words[1])
    set --erase words[1]
    env _RECONCILE_COMPLETE=fish $program $words "$begun" 2>/dev/null | string sub --start 2
end
complete --command reconcile --no-files --arguments '(__reconcile_complete)'
