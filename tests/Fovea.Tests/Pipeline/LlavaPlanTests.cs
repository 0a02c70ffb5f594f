using System.Text.Json;
using Fovea.Core.Scores;
using Fovea.Pipeline.Plans;
using Fovea.Store;
using Fovea.Tests.Architecture;
using Fovea.Tests.Training;
using Xunit;

namespace Fovea.Tests.Pipeline;

/// <summary>configs/llava.jsonc on reference values made with Transformers: the run's scores, kept samples and weights are those.</summary>
public sealed class LlavaPlanTests : IDisposable
{
    private const double Nats = 1e-4, TauNats = 2e-4, Weight = 1e-4; // the case's own tolerances
    private readonly TemporaryFolder _folder = new();
    private readonly string _fixture = TestData.Find("fixtures/endtoend/llava_v1");

    public void Dispose() => _folder.Dispose();

    private JsonElement Case => JsonDocument.Parse(File.ReadAllText(Path.Combine(_fixture, "case.json"))).RootElement;

    [Fact]
    public async Task Scores_kept_samples_and_weights_of_VIG_are_the_references_and_each_arm_is_trained_and_evaluated()
    {
        var outcome = await RunAsync("data.json", "proxy=blur@4", "arms=[\"vanilla\",\"vig\"]", "tune.epochs=3", "tune.batch_size=2", "train=lora");
        var samples = Case.GetProperty("samples").EnumerateArray().ToArray();
        var rows = ScoreStoreReader.Open(Path.Combine(_folder["run"], "seed-1", "scores", "vig")).Read().ToArray();
        Assert.Equal(samples.Length, rows.Length);
        foreach (var (sample, row) in samples.Zip(rows))
        {
            Assert.Equal(sample.TryGetProperty("log_prob", out var expected), row.LogProbs.Count > 0);
            foreach (var (name, condition) in row.LogProbs.Count > 0 ? [("image", Conditions.Image), ("blur", Conditions.Visionless("blur4"))] : Array.Empty<(string, string)>())
            {
                AssertClose(Numbers(expected.GetProperty(name)), row.LogProbs[condition], Nats);
            }
        }

        var selection = Case.GetProperty("selection").GetProperty("70");
        Assert.Equal(selection.GetProperty("tau").GetDouble(), (double)Result("weights/vig")["tau"]!, TauNats);
        Assert.Equal(selection.GetProperty("supervised_tokens").GetInt32(), (int)Result("weights/vig")["supervised_tokens"]!);
        var kept = WeightsFile.Read(Path.Combine(_folder["run"], "seed-1", "weights", "vig", "weights.parquet")).Rows.Where(r => r.Status is SelectionStatus.Kept or SelectionStatus.TextOnly).ToArray();
        Assert.Equal(selection.GetProperty("kept").EnumerateArray().Select(k => k.GetString()), kept.Select(r => samples[r.Key.Record].GetProperty("id").GetString()));
        foreach (var row in kept)
        {
            AssertClose(Numbers(selection.GetProperty("token_weights").GetProperty(samples[row.Key.Record].GetProperty("id").GetString()!)), row.Weights ?? [.. rows[row.Key.Record].TargetIds.Select(_ => 1f)], 0);
        }

        var start = (double)outcome.Metrics["corpus_nll"]!["start"]!["nll"]!["value"]!;
        foreach (var arm in (string[])["vanilla", "vig"])
        {
            Assert.NotEqual(start, (double)outcome.Metrics["corpus_nll"]![arm]!["nll"]!["value"]!);
        }

        Assert.True(File.Exists(Path.Combine(_folder["run"], "seed-1", "tune", "vig", "adapter", "adapter_model.safetensors")));
        Assert.Contains("vig against vanilla", File.ReadAllText(outcome.Report), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Weights_of_PRIOR_under_a_given_reference_are_the_references()
    {
        await RunAsync("captions.json", $"reference={Path.Combine(_fixture, "reference")}", "arms=[\"vanilla\",\"prior\"]");
        Assert.False(Directory.Exists(Path.Combine(_folder["run"], "seed-1", "reference")));
        Assert.False(Directory.Exists(Path.Combine(_folder["run"], "seed-1", "scores", "vig")));
        var weights = WeightsFile.Read(Path.Combine(_folder["run"], "seed-1", "weights", "prior", "weights.parquet"));
        var captions = Case.GetProperty("prior").EnumerateArray().ToArray();
        Assert.Equal(captions.Length, weights.Rows.Count);
        foreach (var (caption, row) in captions.Zip(weights.Rows))
        {
            AssertClose(Numbers(caption.GetProperty("weights").GetProperty("1.0")), WeightNormalizer.Normalize(row.Weights, row.Weights!.Length, weights.Normalization), Weight);
        }
    }

    [Fact]
    public async Task Alignment_and_a_reference_are_trained_where_they_are_asked_for()
    {
        var outcome = await RunAsync("data.json", "start=aligned", "arms=[\"prior-vig\"]", "reference_preset.name=tiny-text-2");
        Assert.True(Directory.Exists(Path.Combine(_folder["run"], "seed-1", "align", "model")));
        Assert.True(Directory.Exists(Path.Combine(_folder["run"], "seed-1", "reference", "model")));
        Assert.NotNull(outcome.Metrics["corpus_nll"]!["prior-vig"]!["vig/blur"]!["value"]);
    }

    [Fact]
    public async Task A_corpus_of_its_own_is_evaluated_on_and_all_of_the_other_trained_on()
    {
        var outcome = await RunAsync("data.json", "evaluate_on=file", $"held_out_data={Path.Combine(_fixture, "captions.json")}", "arms=[\"vanilla\"]", "tune.batch_size=3");
        Assert.False(Directory.Exists(Path.Combine(_folder["run"], "seed-1", "split")));
        Assert.Equal(9, (int)Result("tune/vanilla")["samples"]!);
        Assert.Equal(8, (int)Result("eval/vanilla")["samples"]!);
        Assert.NotNull(outcome.Metrics["corpus_nll"]!["vanilla"]!["vig/blur"]!["value"]);
    }

    private async Task<PlanOutcome> RunAsync(string data, params string[] set)
    {
        var file = PlanFile.Load(Path.Combine(Repository.Root, "configs", "llava.jsonc"));
        file.Set([$"model={Path.Combine(_fixture, "model")}", $"data={Path.Combine(_fixture, data)}", $"images={Path.Combine(_fixture, "images")}", .. set]);
        return await PlanRunner.RunAsync(Plan.Of(file, _folder["run"]), new PlanRequest(_folder["run"]), TestContext.Current.CancellationToken);
    }

    private System.Text.Json.Nodes.JsonObject Result(string stage) => Core.Provenance.StageManifest.Read(Path.Combine(_folder["run"], "seed-1", stage))!.Result!;

    private static double[] Numbers(JsonElement list) => [.. list.EnumerateArray().Select(n => n.GetDouble())];

    private static void AssertClose(double[] expected, float[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        Assert.All(expected.Zip(actual), p => Assert.InRange(Math.Abs(p.First - p.Second), 0, tolerance));
    }
}
