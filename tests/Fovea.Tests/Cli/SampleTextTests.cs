using Fovea.Cli.Terminal;
using Fovea.Core.Errors;
using Fovea.Pipeline.Findings;
using Fovea.Pipeline.Scores;
using Fovea.Tests.Store;
using Spectre.Console;
using Xunit;

namespace Fovea.Tests.Cli;

public sealed class SampleTextTests
{
    [Fact]
    public void An_unusable_record_is_shown_with_its_reason_and_no_empty_table()
    {
        using var output = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, Out = new AnsiConsoleOutput(output) });
        SampleText.Show(console, new SampleView(ScoreRows.Invalid(3, "image_count: 2 tags") with { TargetIds = [], EndTargets = [] },
            new Dictionary<int, string>()));
        Assert.Equal("data.json#3  image_count: 2 tags", output.ToString().TrimEnd());
    }

    [Fact]
    public void A_report_of_a_folder_that_is_not_there_says_so()
    {
        using var folder = new TemporaryFolder();
        string Error(string path) => Assert.Throws<InvalidInputException>(() => FolderReport.Write(path, folder.File("page.html"))).Message;
        Assert.Contains("no such folder", Error(folder.File("nope")), StringComparison.Ordinal);
        Assert.Contains("nothing to report here", Error(folder.Path), StringComparison.Ordinal);
    }
}
