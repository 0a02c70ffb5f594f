namespace Fovea.EndToEnd.Tests;

/// <summary>Whole runs at a size that shows that every stage fits the next, not that anything is learned.</summary>
public sealed class StoryTests : IDisposable
{
    private static readonly string[] TinyDemo =
    [
        "--set", "scenes.num_text_scenes=40", "--set", "scenes.num_train_scenes=40", "--set", "scenes.num_dialogue_scenes=40", "--set", "scenes.num_held_out_scenes=8",
        "--set", "scenes.num_conflict_scenes=6", "--set", "text_lm.steps=4", "--set", "reference.steps=4", "--set", "pretrain.steps=4", "--set", "max_new_tokens=6",
    ];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_same_seed_gives_the_same_metrics_twice_and_a_finished_run_resumes_to_them()
    {
        string[] demo = ["demo", "--quick", "--seed", "5", "--json", .. TinyDemo];
        var first = FoveaProcess.Succeed([.. demo, "--out", _folder["a"]]).Json["metrics"]!.ToJsonString();
        var second = FoveaProcess.Succeed([.. demo, "--out", _folder["b"], "--workers", "1"]).Json["metrics"]!.ToJsonString();
        Assert.Equal(first, second);
        Assert.Equal(first, FoveaProcess.Succeed([.. demo, "--out", _folder["a"], "--resume"]).Json["metrics"]!.ToJsonString());
        var other = FoveaProcess.Succeed(["demo", "--quick", "--seed", "6", "--json", .. TinyDemo, "--out", _folder["c"]]).Json["metrics"]!.ToJsonString();
        Assert.NotEqual(first, other);
        Assert.DoesNotContain(_folder.Path, first, StringComparison.Ordinal);

        var report = File.ReadAllText(Path.Combine(_folder["a"], "report.html"));
        Assert.Contains("CHAIR", report, StringComparison.Ordinal);
        Assert.DoesNotContain("src=\"http", report, StringComparison.Ordinal);

        var refused = FoveaProcess.Run([.. demo, "--out", _folder["a"]]);
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("--resume", Assert.Single(refused.ErrorLines), StringComparison.Ordinal);
        var changed = FoveaProcess.Run([.. demo, "--out", _folder["a"], "--resume", "--set", "pretrain.steps=5"]);
        Assert.Contains("pretrain.steps", Assert.Single(changed.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public void The_coco_run_goes_through_on_real_photographs()
    {
        var data = Environment.GetEnvironmentVariable("FOVEA_TESTDATA") ?? Path.Combine(FoveaProcess.RepositoryRoot, "..", "shared");
        if (!Directory.Exists(Path.Combine(data, "data", "coco")))
        {
            Assert.True(Environment.GetEnvironmentVariable("CI") != "true", $"{data}/data/coco is missing and CI expects it");
            Assert.Skip($"{data}/data/coco is not here: set FOVEA_TESTDATA to run this test");
        }

        var metrics = FoveaProcess.Succeed(
            "run", "--config", "configs/coco.jsonc", "--json", "--out", _folder["coco"], "--set", "photographs.num_train=12", "--set", "photographs.num_held_out=4",
            "--set", "photographs.min_word_count=2", "--set", "text_lm.steps=4", "--set", "reference.steps=4", "--set", "pretrain.steps=4").Json["metrics"]!;
        Assert.NotNull(metrics["held_out_h"]!["ntp"]!["nll/image"]!["value"]);
        Assert.NotNull(metrics["vig_h"]!["held_out"]!["vig"]!["value"]);
        Assert.True(File.Exists(Path.Combine(_folder["coco"], "report.html")));
    }
}
