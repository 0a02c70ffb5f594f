using System.CommandLine;
using Fovea.Cli.Commands;
using Fovea.Selection;
using Xunit;

namespace Fovea.Tests.Cli;

public sealed class ListingTests
{
    [Fact]
    public void A_list_of_methods_asks_for_no_other_option_and_has_a_line_for_each()
    {
        var parsed = FoveaCommand.Parse(FoveaCommand.Create(), ["select", "--list"]);
        Assert.Null(WrongUse.Of(parsed));
        using var output = new StringWriter();
        Assert.Equal(0, parsed.Invoke(new InvocationConfiguration { Output = output }));
        var lines = output.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(Selectors.BuiltIn.Names, lines.Select(l => l.Split(' ')[0]));
        Assert.Contains(lines, l => l.EndsWith("PRIOR: every token, weighted by (1 - p_ref)^alpha", StringComparison.Ordinal));
    }

    [Fact]
    public void Help_names_all_methods()
    {
        var help = CommandTree.All["fovea select"].Options.First(o => o.Name == "--method").Description!;
        Assert.StartsWith("One of uniform, prior, vig, vig-samples, vig-tokens, random-tokens, random-samples, random-lengths, excess-loss, vig-soft, "
            + "image-negative, vppo, pgpo, cal, dft, eaft, visnec, sample-scores, or a product", help,
            StringComparison.Ordinal);
    }
}
