function __fovea_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l text "fovea $words[2..-1]"
    fovea "[suggest:"(string length -- $text)"]" $text 2>/dev/null
end
complete -c fovea -a '(__fovea_complete)'
