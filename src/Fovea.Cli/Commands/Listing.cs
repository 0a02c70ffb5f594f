using System.CommandLine;
using System.CommandLine.Invocation;
using Fovea.Core.Extending;

namespace Fovea.Cli.Commands;

/// <summary><c>--list</c>: what a catalogue has, a line each, in place of the command's work.</summary>
internal static class Listing
{
    /// <summary>The option over one catalogue.</summary>
    /// <param name="catalogue">The catalogue.</param>
    /// <param name="what">What its entries are called, in the plural.</param>
    public static Option<bool> Option<T>(Catalogue<T> catalogue, string what)
        where T : class, ICatalogued =>
        new("--list") { Description = $"List the {what}, a line each.", Action = new ListAction([.. catalogue.Select(e => (e.Name, e.Help))]) };

    private sealed class ListAction((string Name, string Help)[] entries) : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            var width = entries.Max(e => e.Name.Length);
            foreach (var (name, help) in entries)
            {
                parseResult.InvocationConfiguration.Output.WriteLine($"{name.PadRight(width)}  {help}");
            }

            return ExitCodes.Done;
        }
    }
}
