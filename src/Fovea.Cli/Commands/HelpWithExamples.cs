using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Fovea.Cli.Commands;

/// <summary>A command's help, and below it how it is used.</summary>
internal sealed class HelpWithExamples(HelpAction plain) : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        plain.Invoke(parseResult);
        var output = parseResult.InvocationConfiguration.Output;
        if (Examples.Of(FoveaCommand.PathOf(parseResult.CommandResult)) is { Count: > 0 } examples)
        {
            output.WriteLine(string.Join(Environment.NewLine, examples.Select(e => "  " + e).Prepend("Examples:").Append("")));
        }

        return ExitCodes.Done;
    }
}
