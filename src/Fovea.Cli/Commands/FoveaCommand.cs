using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using Fovea.Pipeline.Stages;

namespace Fovea.Cli.Commands;

/// <summary>The <c>fovea</c> command: parses, and turns wrong use into one line, a hint and exit code 2.</summary>
internal static class FoveaCommand
{
    /// <summary>Response files are off: a value may begin with <c>@</c>.</summary>
    private static readonly ParserConfiguration Parser = new() { ResponseFileTokenReplacer = null };

    /// <summary>Runs a command line and returns its exit code.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        var parsed = Parse(Create(), args);
        if (WrongUse.Of(parsed) is { } wrong)
        {
            return Failure.Print($"{wrong} See '{PathOf(parsed.CommandResult)} --help'.", ExitCodes.WrongUse);
        }

        return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
    }

    /// <summary>Parses a command line; one that names a group of commands and nothing else asks for its help.</summary>
    internal static ParseResult Parse(RootCommand root, IReadOnlyList<string> args)
    {
        var parsed = root.Parse(args, Parser);
        var asksNothing = parsed.CommandResult.Command is { Action: null, Subcommands.Count: > 0 } && parsed.Tokens.All(t => t.Type == TokenType.Command)
            && parsed.UnmatchedTokens.Count == 0;
        return asksNothing ? root.Parse([.. args, "--help"], Parser) : parsed;
    }

    internal static RootCommand Create()
    {
        var root = new RootCommand("Fovea: PRIOR and VIG, training vision-language models on the tokens that need the image.")
        {
            DemoCommand.Create(),
            RunCommand.Create(),
            ReproduceCommand.Create(),
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
            CompletionCommand.Create(),
            WorkerCommand.Create(),
        };
        foreach (var option in root.Options)
        {
            option.Action = option switch
            {
                HelpOption { Action: HelpAction plain } => new HelpWithExamples(plain),
                VersionOption => new ShortVersion(),
                _ => option.Action,
            };
        }

        return root;
    }

    /// <summary>The command's whole name, e.g. <c>fovea score vig</c>.</summary>
    internal static string PathOf(CommandResult result)
    {
        var names = new List<string>();
        for (SymbolResult? at = result; at is CommandResult c; at = at.Parent)
        {
            names.Insert(0, at.Parent is null ? "fovea" : c.Command.Name);
        }

        return string.Join(' ', names);
    }

    private sealed class ShortVersion : System.CommandLine.Invocation.SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            parseResult.InvocationConfiguration.Output.WriteLine(BuildVersions.Abbreviated);
            return ExitCodes.Done;
        }
    }
}
