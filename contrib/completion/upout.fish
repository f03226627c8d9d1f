# fish completion of upout and upout-baseline: the program itself says what may stand there. Where it says nothing, files do.
function __upout_complete
    set -l words (commandline -opc)
    $words[1] --complete $words[2..-1] (commandline -ct) 2>/dev/null
end
complete -c upout -a '(__upout_complete)'
complete -c upout-baseline -a '(__upout_complete)'
