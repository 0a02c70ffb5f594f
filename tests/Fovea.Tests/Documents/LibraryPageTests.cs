using System.Globalization;
using Fovea.Data.Corpora;
using Fovea.Evaluation.Results;
using Fovea.Pipeline.Plans;
using Fovea.Pipeline.Stages;
using Fovea.Tests.Architecture;
using Fovea.Tests.Training;
using Fovea.Training.Options;
using Xunit;

namespace Fovea.Tests.Documents;

/// <summary>The programs of docs/library.md are the ones below, and they run.</summary>
public sealed class LibraryPageTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_page_shows_what_is_compiled_here()
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "library.md")).ReplaceLineEndings("\n");
        var source = File.ReadAllText(Path.Combine(Repository.Root, "tests", "Fovea.Tests", "Documents", "LibraryPageTests.cs")).ReplaceLineEndings("\n");
        var shown = source.Split("        // shown in docs/library.md\n").Skip(1).Select(part => part.Split("        // end\n")[0]).ToArray();
        Assert.Equal(2, shown.Length);
        Assert.All(shown, code => Assert.Contains(string.Join('\n', code.TrimEnd().Split('\n').Select(l => l.Length > 8 ? l[8..] : "")), page, StringComparison.Ordinal));
    }

    [Fact]
    public void The_chain_runs_stage_by_stage_and_again_without_work()
    {
        var fixture = TestData.Find("fixtures/endtoend/llava_v1");
        var first = Chain(Path.Combine(fixture, "model"), Path.Combine(fixture, "data.json"), Path.Combine(fixture, "images"), _folder["chain"]);
        Assert.StartsWith("vanilla: ", first, StringComparison.Ordinal);
        Assert.Equal(3, first.Split('\n').Length);
        var model = new FileInfo(Path.Combine(_folder["chain"], "tune-vig", "model", "model.safetensors")).LastWriteTimeUtc;
        Assert.Equal(first, Chain(Path.Combine(fixture, "model"), Path.Combine(fixture, "data.json"), Path.Combine(fixture, "images"), _folder["chain"]));
        Assert.Equal(model, new FileInfo(Path.Combine(_folder["chain"], "tune-vig", "model", "model.safetensors")).LastWriteTimeUtc);
    }

    [Fact]
    public async Task A_plan_runs_in_this_process()
    {
        var fixture = TestData.Find("fixtures/endtoend/llava_v1");
        var outcome = await RunPlanAsync(Path.Combine(fixture, "model"), Path.Combine(fixture, "data.json"), Path.Combine(fixture, "images"), _folder["plan"]);
        Assert.NotNull(outcome.Metrics["corpus_nll"]!["vig"]!["nll"]!["value"]);
        Assert.True(File.Exists(outcome.Report));
    }

    private static string Chain(string model, string data, string images, string root)
    {
        // shown in docs/library.md
        DataSource[] corpus = [new() { File = data, Images = images }];
        var run = new StageFolder(root, numThreads: 1);
        var split = run.Run("split", new SplitStage { Data = corpus, Share = 0.2 });
        var reference = run.Run("reference", new TrainStage
        {
            Preset = new PresetChoice { Name = "tiny-text-2" },
            Tokenizer = model,
            View = CorpusView.TextOnly,
            Data = corpus,
            Folds = split,
            LeaveOutFold = 0,
            Training = new TrainingOptions { Epochs = 2, BatchSize = 4 },
        });
        var prior = run.Run("prior", new ScorePriorStage { Models = [Path.Combine(reference, "model")], Data = corpus });
        var vig = run.Run("vig", new ScoreVigStage { Model = model, Data = corpus, Proxies = ["blur"] });
        var found = new List<string>();
        foreach (var (arm, weights) in new[]
        {
            ("vanilla", null),
            ("prior", run.Run("weights-prior", new SelectStage { Scores = [prior], Method = "prior" })),
            ("vig", run.Run("weights-vig", new SelectStage { Scores = [vig], Method = "vig", P = 70 })),
        })
        {
            var training = new TrainingOptions { Epochs = 2, BatchSize = 4, LearningRate = 1e-4, Frozen = ["model.vision_tower"] };
            var tuned = run.Run($"tune-{arm}", new TrainStage { Model = model, Data = corpus, Weights = weights, Folds = split, LeaveOutFold = 0, Training = training });
            var eval = run.Run($"eval-{arm}", new EvalCorpusStage { Model = Path.Combine(tuned, "model"), Data = corpus, Folds = split, Fold = 0, Proxies = ["blur"] });
            var result = EvalResultFile.Read(Path.Combine(eval, EvalCorpusStage.ResultFile));
            found.Add(string.Create(CultureInfo.InvariantCulture, $"{arm}: {result.Metrics[0].Value:0.000} nats per target that was held out"));
        }

        return string.Join('\n', found);
        // end
    }

    private static async Task<PlanOutcome> RunPlanAsync(string model, string data, string images, string root)
    {
        // shown in docs/library.md
        var file = PlanFile.Load(Path.Combine(Repository.Root, "configs", "llava.jsonc"));
        file.Set([$"model={model}", $"data={data}", $"images={images}", "arms=[\"vanilla\",\"vig\"]"]);
        var plan = Plan.Of(file, root);
        return await PlanRunner.RunAsync(plan, new PlanRequest(root) { Resume = true });
        // end
    }
}
