using System.Text.Json;
using System.Text.Json.Nodes;
using Fovea.Core.Errors;
using Fovea.Core.Scores;
using Fovea.Core.Watching;
using Fovea.Data.Scenes;
using Fovea.Data.Tokenizers;
using Fovea.Models.Checkpoints;
using Fovea.Models.Families;
using Fovea.Models.Initialisation;
using Fovea.Pipeline.Plans;
using Fovea.Pipeline.Stages;
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
            foreach (var (name, condition) in row.LogProbs.Count > 0
                ? [("image", Conditions.Image), ("blur", Conditions.Visionless("blur4"))] : Array.Empty<(string, string)>())
            {
                AssertClose(Numbers(expected.GetProperty(name)), row.LogProbs[condition], Nats);
            }
        }

        var selection = Case.GetProperty("selection").GetProperty("70");
        Assert.Equal(selection.GetProperty("tau").GetDouble(), (double)Result("weights/vig")["tau"]!, TauNats);
        Assert.Equal(selection.GetProperty("supervised_tokens").GetInt32(), (int)Result("weights/vig")["supervised_tokens"]!);
        var kept = WeightsFile.Read(Path.Combine(_folder["run"], "seed-1", "weights", "vig", "weights.parquet")).Rows.Where(
            r => r.Status is SelectionStatus.Kept or SelectionStatus.TextOnly).ToArray();
        Assert.Equal(selection.GetProperty("kept").EnumerateArray().Select(k => k.GetString()),
            kept.Select(r => samples[r.Key.Record].GetProperty("id").GetString()));
        foreach (var row in kept)
        {
            AssertClose(Numbers(selection.GetProperty("token_weights").GetProperty(samples[row.Key.Record].GetProperty("id").GetString()!)),
                row.Weights ?? [.. rows[row.Key.Record].TargetIds.Select(_ => 1f)], 0);
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
            AssertClose(Numbers(caption.GetProperty("weights").GetProperty("1.0")),
                WeightNormalizer.Normalize(row.Weights, row.Weights!.Length, weights.Normalization), Weight);
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
        var outcome = await RunAsync("data.json", "evaluate_on=file", $"held_out_data={Path.Combine(_fixture, "captions.json")}", "arms=[\"vanilla\"]",
            "tune.batch_size=3");
        Assert.False(Directory.Exists(Path.Combine(_folder["run"], "seed-1", "split")));
        Assert.Equal(9, (int)Result("tune/vanilla")["samples"]!);
        Assert.Equal(8, (int)Result("eval/vanilla")["samples"]!);
        Assert.NotNull(outcome.Metrics["corpus_nll"]!["vanilla"]!["vig/blur"]!["value"]);
    }

    [Fact]
    public async Task Records_that_cannot_be_used_are_left_out_of_every_stage_where_that_is_allowed()
    {
        var records = JsonNode.Parse(File.ReadAllText(Path.Combine(_fixture, "data.json")))!.AsArray();
        records.Add(JsonNode.Parse(
            """{ "image": "none.png", "conversations": [{ "from": "human", "value": "<image>\nWhat?" }, { "from": "gpt", "value": "Fog." }] }"""));
        records.Add(JsonNode.Parse("""{ "conversations": [{ "from": "robot", "value": "What?" }] }"""));
        File.WriteAllText(_folder["dirty.json"], records.ToJsonString());
        string[] set = ["arms=[\"vanilla\",\"prior-vig\"]", "reference_preset.name=tiny-text-2", "tune.batch_size=3"];
        var error = await Assert.ThrowsAnyAsync<FoveaException>(() => RunAsync(_folder["dirty.json"], set));
        Assert.Contains("max_invalid in a configuration or plan", error.Message, StringComparison.Ordinal);

        var outcome = await RunAsync(_folder["dirty.json"], [.. set, "max_invalid=2"]);
        Assert.Equal(2, (int)Result("scores/vig")["invalid"]!);
        Assert.NotNull(outcome.Metrics["corpus_nll"]!["prior-vig"]!["nll"]!["value"]);
    }

    [Theory]
    [InlineData("full")]
    [InlineData("lora")]
    public async Task A_model_without_a_tower_goes_through_the_same_plan(string train)
    {
        Solo(out var data, out var images);
        var outcome = await RunAsync(data, $"model={_folder["solo"]}", $"images={images}", $"train={train}", "start=aligned", "arms=[\"vanilla\",\"vig\"]",
            "tune.batch_size=4", "align.batch_size=4");
        Assert.NotNull(outcome.Metrics["corpus_nll"]!["vig"]!["vig/blur"]!["value"]);

        using var before = ModelFolder.Load(_folder["solo"]);
        using var aligned = ModelFolder.Load(Path.Combine(_folder["run"], "seed-1", "align", "model"));
        var moved = before.Parameters.Names.Where(n => !before.Parameters[n].Equals(aligned.Parameters[n]));
        Assert.All(moved, n => Assert.Equal(ParameterPart.PatchEmbedding, ParameterPart.Of(n)));
        Assert.NotEmpty(moved);
    }

    [Theory]
    [InlineData("tokenizer.json", "tokenizer")]
    [InlineData("preprocessor_config.json", "preprocessor_config.json")]
    public void A_model_that_lacks_a_file_is_refused_before_anything_runs(string file, string named)
    {
        Solo(out var data, out var images);
        File.Delete(Path.Combine(_folder["solo"], file));
        Assert.Contains(named, Assert.ThrowsAny<FoveaException>(() => Read(data, $"model={_folder["solo"]}", $"images={images}")).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tune.frozen=[\"model.vision_towr\"]", "training.frozen: no parameter begins with 'model.vision_towr'")]
    [InlineData("ways.lora.lora.target_pattern=.*q_prj", "'lora.target_pattern': no module of the model has such a name: .*q_prj")]
    public void An_option_that_names_what_the_model_has_not_is_refused_before_anything_runs(string set, string message) =>
        Assert.Contains(message, Assert.Throws<InvalidInputException>(
            () => Read("data.json", set, set.Contains("lora", StringComparison.Ordinal) ? "train=lora" : "train=full")).Message, StringComparison.Ordinal);

    [Fact]
    public void A_text_model_in_the_place_of_one_that_sees_is_refused_before_anything_runs() =>
        Assert.Contains("this is a text model", Assert.Throws<InvalidInputException>(() => Read("data.json", $"model={Path.Combine(_fixture, "reference")}")).Message, StringComparison.Ordinal);

    /// <summary>A new SOLO with its files, and a corpus of scenes.</summary>
    private void Solo(out string data, out string images)
    {
        images = _folder["scenes"];
        data = Path.Combine(images, "dialogues.json");
        SceneCorpusWriter.Write(new SceneSpec { Seed = 3, NumScenes = 16, WithCaptions = false }, images, new SilentProgress());
        Directory.CreateDirectory(_folder["solo"]);
        SceneTokenizer.Write(_folder["solo"]);
        using var model = ModelPresets.Create("tiny-solo", PresetVocabularies.Of(Tokenizer.Load(_folder["solo"])), seed: 1);
        ModelFolder.Save(model, _folder["solo"]);
        ModelCompanions.For(model, _folder["solo"], null, null).Write(_folder["solo"]);
    }

    private async Task<PlanOutcome> RunAsync(string data, params string[] set) =>
        await PlanRunner.RunAsync(Read(data, set), new PlanRequest(_folder["run"]) { Resume = true }, TestContext.Current.CancellationToken);

    private Plan Read(string data, params string[] set)
    {
        var file = PlanFile.Load(Path.Combine(Repository.Root, "configs", "llava.jsonc"));
        file.Set([$"model={Path.Combine(_fixture, "model")}", $"data={Path.Combine(_fixture, data)}", $"images={Path.Combine(_fixture, "images")}", .. set]);
        return Plan.Of(file, _folder["run"]);
    }

    private JsonObject Result(string stage) => Core.Provenance.StageManifest.Read(Path.Combine(_folder["run"], "seed-1", stage))!.Result!;

    private static double[] Numbers(JsonElement list) => [.. list.EnumerateArray().Select(n => n.GetDouble())];

    private static void AssertClose(double[] expected, float[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        Assert.All(expected.Zip(actual), p => Assert.InRange(Math.Abs(p.First - p.Second), 0, tolerance));
    }
}
