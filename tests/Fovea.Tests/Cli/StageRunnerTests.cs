using System.Text.Json.Nodes;
using Fovea.Cli.Stages;
using Fovea.Core.Errors;
using Fovea.Core.Provenance;
using Fovea.Core.Watching;
using Fovea.Tests.Training;
using Xunit;

namespace Fovea.Tests.Cli;

/// <summary>A folder belongs to the work that was begun in it, and to none that did nothing.</summary>
public sealed class StageRunnerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Out => Path.Combine(_folder.Path, "out");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_stage_that_refuses_its_settings_leaves_its_folder_free()
    {
        Assert.Throws<UsageException>(() => Run(new FailingStage(double.NaN, LeavesWork: false), Existing.Refuse));
        Assert.False(Directory.Exists(Out));
        Assert.Throws<UsageException>(() => Run(new FailingStage(-1, LeavesWork: false), Existing.Continue));
        Assert.False(Directory.Exists(Out));
    }

    [Fact]
    public void A_folder_that_was_there_stays()
    {
        Directory.CreateDirectory(Out);
        Assert.Throws<UsageException>(() => Run(new FailingStage(0, LeavesWork: false), Existing.Refuse));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Out));
    }

    [Fact]
    public void Work_that_was_done_before_a_failure_stays_claimed()
    {
        Assert.Throws<UsageException>(() => Run(new FailingStage(1, LeavesWork: true), Existing.Continue));
        Assert.NotNull(StageManifest.Read(Out));
        var error = Assert.Throws<FoveaException>(() => Run(new FailingStage(2, LeavesWork: true), Existing.Continue));
        Assert.Contains("'config.value' was 1, now 2", error.Message, StringComparison.Ordinal);
    }

    private StageManifest Run(IStage stage, Existing existing) =>
        StageRunner.Run(stage, new StageContext(Out, 1, new SilentProgress(), TestContext.Current.CancellationToken), existing);

    private sealed record FailingStage(double Value, bool LeavesWork) : IStage
    {
        public string Kind => "failing";

        public SortedDictionary<string, string> HashInputs(InputHasher hasher) => [];

        public JsonObject Run(StageContext context)
        {
            if (LeavesWork)
            {
                File.WriteAllText(Path.Combine(context.Out, "shard"), "done");
            }

            throw new UsageException($"value: got {Value}");
        }
    }
}
