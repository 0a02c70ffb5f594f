using System.CommandLine;

namespace Fovea.Cli.Commands;

/// <summary><c>fovea completion bash|zsh|fish</c>: a script by which the shell completes commands, options and their values.</summary>
internal static class CompletionCommand
{
    // Each asks the program itself, through the parser's [suggest] directive; where it knows nothing, the shell offers file names.
    private const string Bash = """
        _fovea() {
            local line="${COMP_LINE:0:$COMP_POINT}" word="${COMP_WORDS[COMP_CWORD]}"
            local text="fovea ${line#* }" IFS=$'\n'
            COMPREPLY=($(compgen -W "$("${COMP_WORDS[0]}" "[suggest:${#text}]" "$text" 2>/dev/null)" -- "$word"))
        }
        complete -o default -F _fovea fovea

        """;

    private const string Zsh = """
        #compdef fovea
        _fovea() {
            local text="fovea ${(j: :)words[2,CURRENT]}"
            local -a found
            found=("${(@f)$("${words[1]}" "[suggest:${#text}]" "$text" 2>/dev/null)}")
            if (( ${#found} )) && [[ -n "${found[1]}" ]]; then
                compadd -- "${found[@]}"
            else
                _files
            fi
        }
        compdef _fovea fovea

        """;

    private const string Fish = """
        function __fovea_complete
            set -l words (commandline -opc) (commandline -ct)
            set -l text "fovea $words[2..-1]"
            fovea "[suggest:"(string length -- $text)"]" $text 2>/dev/null
        end
        complete -c fovea -a '(__fovea_complete)'

        """;

    /// <summary>Describes the command.</summary>
    public static Command Create()
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh or fish." };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var command = new Command("completion", "Prints a shell's completion script: commands, options and their values.") { shell };
        command.SetAction((parsed, _) => Guard.Run("fovea completion", _ => Console.Out.Write(parsed.GetValue(shell) switch
        {
            "bash" => Bash,
            "zsh" => Zsh,
            _ => Fish,
        })));
        return command;
    }
}
