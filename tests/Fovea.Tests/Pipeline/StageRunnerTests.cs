using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Fovea.Core.Errors;
using Fovea.Core.Provenance;
using Fovea.Core.Watching;
using Fovea.Pipeline.Stages;
using Fovea.Tests.Training;
using Xunit;

namespace Fovea.Tests.Pipeline;

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

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_folder_of_somebody_elses_is_refused_and_left_alone(bool continues)
    {
        var existing = continues ? Existing.Continue : Existing.Refuse;
        Directory.CreateDirectory(Out);
        File.WriteAllText(Path.Combine(Out, "a.txt"), "mine");
        Assert.Contains("holds no run", Assert.Throws<FoveaException>(() => Run(new WorkingStage(1), existing)).Message, StringComparison.Ordinal);
        Assert.Equal(["a.txt"], Directory.EnumerateFileSystemEntries(Out).Select(Path.GetFileName));
        Assert.Contains("a file", Assert.Throws<FoveaException>(() => StageRunner.Run(
            new WorkingStage(1), Context() with { Out = Path.Combine(Out, "a.txt") }, existing)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_of_the_users_that_is_called_as_one_of_a_stages_is_refused_and_left_alone()
    {
        var theirs = Path.Combine(Directory.CreateDirectory(Path.Combine(Out, "inputs")).FullName, "corpus.json");
        File.WriteAllText(theirs, "mine");
        Assert.Contains("holds no run", Assert.Throws<FoveaException>(() => Run(new FailingStage(0, LeavesWork: false), Existing.Continue)).Message,
            StringComparison.Ordinal);
        Assert.Equal("mine", File.ReadAllText(theirs));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_stage_that_did_nothing_takes_back_its_own_lists_of_inputs_and_nothing_else(bool foreign)
    {
        var theirs = Path.Combine(Out, "inputs", "corpus.json");
        var stage = new FailingStage(0, LeavesWork: false)
        {
            Hash = h => h.OfFiles("images", [("a.png", null)]),
            Before = () =>
            {
                Assert.True(File.Exists(Path.Combine(Out, "inputs", "images.sha256")));
                if (foreign)
                {
                    File.WriteAllText(theirs, "mine");
                }
            },
        };
        Assert.Throws<UsageException>(() => Run(stage, Existing.Refuse));
        Assert.Equal(foreign, Directory.Exists(Out));
        Assert.Equal(foreign ? [theirs] : [], foreign ? Directory.GetFiles(Out, "*", SearchOption.AllDirectories) : []);
    }

    [Fact]
    public void A_run_that_was_killed_before_its_lists_of_inputs_were_written_is_continued()
    {
        var stage = new WorkingStage(1) { Hash = h => h.OfFiles("images", [("a.png", null)]) };
        Run(stage, Existing.Refuse);
        (StageManifest.Read(Out)! with { Complete = false, Result = null }).Write(Out);
        Directory.Delete(Path.Combine(Out, "inputs"), recursive: true);
        Assert.True(Run(stage, Existing.Continue).Complete);
        Assert.True(File.Exists(Path.Combine(Out, "inputs", "images.sha256")));
    }

    [Fact]
    public void What_a_killed_run_left_is_continued_or_returned_when_it_is_complete()
    {
        Directory.CreateDirectory(Out);
        File.WriteAllText(Path.Combine(Out, ".stage.json.4711.tmp"), "{");
        var first = Run(new WorkingStage(1), Existing.Continue);
        Assert.Equal([".lock", "result", "stage.json"], Directory.EnumerateFiles(Out).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        (first with { Complete = false, Result = null }).Write(Out); // as a kill leaves it
        File.Delete(Path.Combine(Out, "result"));
        Assert.True(Run(new WorkingStage(1), Existing.Continue).Complete);
        Assert.True(File.Exists(Path.Combine(Out, "result")));
        File.WriteAllText(Path.Combine(Out, "result"), "kept");
        Run(new WorkingStage(1), Existing.Continue);
        Assert.Equal("kept", File.ReadAllText(Path.Combine(Out, "result")));
        var other = Assert.Throws<FoveaException>(() => Run(new WorkingStage(2), Existing.Continue)).Message;
        Assert.Contains("'config.value' was 1, now 2", other, StringComparison.Ordinal);
        Assert.Contains("remove the folder", other, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_runs_do_not_share_a_folder()
    {
        using var held = StageRunner.Claim(Out, "run");
        Assert.Contains("another process", Assert.Throws<FoveaException>(() => Run(new WorkingStage(1), Existing.Continue)).Message, StringComparison.Ordinal);
    }

    private StageContext Context() => new(Out, 1, new SilentProgress(), TestContext.Current.CancellationToken);

    private StageManifest Run(IStage stage, Existing existing) =>
        StageRunner.Run(stage, Context(), existing);

    private sealed record WorkingStage(int Value) : IStage
    {
        [JsonIgnore]
        public Func<InputHasher, string>? Hash { get; init; }

        public string Kind => "working";

        public SortedDictionary<string, string> HashInputs(InputHasher hasher) => Hash is null ? [] : new() { ["images"] = Hash(hasher) };

        public JsonObject Run(StageContext context)
        {
            File.WriteAllText(Path.Combine(context.Out, "result"), "done");
            return [];
        }
    }

    private sealed record FailingStage(double Value, bool LeavesWork) : IStage
    {
        [JsonIgnore]
        public Func<InputHasher, string>? Hash { get; init; }

        [JsonIgnore]
        public Action? Before { get; init; }

        public string Kind => "failing";

        public SortedDictionary<string, string> HashInputs(InputHasher hasher) => Hash is null ? [] : new() { ["images"] = Hash(hasher) };

        public JsonObject Run(StageContext context)
        {
            Before?.Invoke();
            if (LeavesWork)
            {
                File.WriteAllText(Path.Combine(context.Out, "shard"), "done");
            }

            throw new UsageException($"value: got {Value}");
        }
    }
}
