using System.CommandLine;
using System.Text.RegularExpressions;

namespace Fovea.Cli.Commands;

/// <summary>The <c>fovea</c> command: parses, and turns wrong use into one line, a hint and exit code 2.</summary>
internal static partial class FoveaCommand
{
    /// <summary>Runs a command line and returns its exit code.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        var root = Create();
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            var command = string.Join(' ', CommandPath(parsed.CommandResult));
            Console.Error.WriteLine($"fovea: {InPlainWords(parsed.Errors[0].Message.ReplaceLineEndings(" "))} See '{command} --help'.");
            return ExitCodes.WrongUse;
        }

        return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
    }

    /// <summary>The parser names .NET's types; users know numbers.</summary>
    private static string InPlainWords(string message) => ExpectedType().Replace(message, m => m.Value switch
    {
        var t when t.Contains("Int", StringComparison.Ordinal) => "; expected a whole number in its range",
        var t when t.Contains("Decimal", StringComparison.Ordinal) || t.Contains("Double", StringComparison.Ordinal) => "; expected a number",
        _ => "; see what it may be",
    });

    [GeneratedRegex(" as expected type '[^']*'")]
    private static partial Regex ExpectedType();

    private static RootCommand Create() => new("Fovea: PRIOR and VIG, training vision-language models on the tokens that need the image.")
    {
        DemoCommand.Create(),
        RunCommand.Create(),
        DataCommand.Create(),
        DoctorCommand.Create(),
        VerifyCommand.Create(),
        BenchCommand.Create(),
        ScenesCommand.Create(),
        TrainCommand.Create(),
        FoldsCommand.Create(),
        ScoreCommand.Create(),
        ScoresCommand.Create(),
        SelectCommand.Create(),
        ExportCommand.Create(),
        EvalCommand.Create(),
        GenerateCommand.Create(),
        ReportCommand.Create(),
        ModelCommand.Create(),
        WorkerCommand.Create(),
    };

    private static List<string> CommandPath(System.CommandLine.Parsing.CommandResult result)
    {
        var names = new List<string>();
        for (System.CommandLine.Parsing.SymbolResult? at = result; at is System.CommandLine.Parsing.CommandResult c; at = at.Parent)
        {
            names.Insert(0, at.Parent is null ? "fovea" : c.Command.Name);
        }

        return names;
    }
}
