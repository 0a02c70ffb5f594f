using System.Text.Json.Nodes;
using Fovea.Core.Errors;
using Fovea.Core.Provenance;
using Fovea.Core.Watching;
using Fovea.Data.Corpora;
using Fovea.Data.Images;
using Fovea.Data.Scenes;
using Fovea.Data.Tokenizers;
using Fovea.Extensions;
using Fovea.Models.Checkpoints;
using Fovea.Models.Families;
using Fovea.Models.Initialisation;
using Fovea.Pipeline;
using Fovea.Pipeline.Stages;
using Fovea.Selection;
using Fovea.Store;
using Fovea.Tests.Training;
using Fovea.Torch;
using Xunit;

namespace Fovea.Tests.Extending;

/// <summary>What an assembly of others adds, through public members alone, works through the whole chain.</summary>
public sealed class ExtendingTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public ExtendingTests()
    {
        TorchRuntime.Start(1);
        SceneCorpusWriter.Write(new SceneSpec { Seed = 4, NumScenes = 6 }, _folder["corpus"], new SilentProgress());
        File.WriteAllLines(_folder["corpus/questions.tsv"],
            Enumerable.Range(0, 6).Select(i => $"images/{i:D6}.png\tWhat is there?\tThere is a ball number {i}."));
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_selector_a_format_a_proxy_a_template_a_family_and_a_benchmark_work_through_the_chain()
    {
        WriteToy(_folder["toy"]);
        Extended.Run(_folder["toy"], _folder["corpus/questions.tsv"], _folder["out"]);

        var rows = ScoreStoreReader.Open(_folder["out/scores/vig"]).Read().ToList();
        Assert.Equal(6, rows.Count);
        Assert.All(rows, r => Assert.Equal(["image", "visionless:grey"], r.LogProbs.Keys.Order(StringComparer.Ordinal)));
        Assert.All(rows, r => Assert.NotEqual(r.LogProbs["image"], r.LogProbs["visionless:grey"]));
        var weights = WeightsFile.Read(_folder["out/weights/weights.parquet"]);
        Assert.Equal(("surprise*vig", "0.5"), (weights.Metadata["method"], weights.Metadata["factor0.floor"]));
        var trained = JsonNode.Parse(File.ReadAllText(_folder["out/trained/model/config.json"]))!;
        Assert.Equal("toy", (string)trained["model_type"]!);
        Assert.Equal(0, (double)StageManifest.Read(_folder["out/evaluated"])!.Result!["exact_match"]!); // two steps teach nothing
        Assert.Equal(6, File.ReadAllLines(_folder["out/evaluated/answers.jsonl"]).Length);

        Extended.Run(_folder["toy"], _folder["corpus/questions.tsv"], _folder["out"]); // complete already
        Assert.Throws<InvalidInputException>(() => ModelFolder.Load(_folder["toy"])); // what one chain was given, others do not see
    }

    [Fact]
    public void A_record_of_another_format_obeys_the_rules_of_all()
    {
        File.AppendAllLines(_folder["corpus/questions.tsv"], ["two\tcolumns", "../outside.png\tWhat?\tA ball.", "images/000000.png\tAn <image>?\tA ball."]);
        var corpus = CorpusFiles.OpenWhole(new DataSource { File = _folder["corpus/questions.tsv"] }.In(Extended.Catalogues.Formats), new InvalidRecords(3));
        Assert.Equal(6, corpus.Samples.Count);
        Assert.Equal(["column_count", "image", "image_count"], corpus.Invalid.Select(i => i.Name));
        Assert.Equal([6, 7, 8], corpus.Invalid.Select(i => i.Key.Record));
    }

    [Fact]
    public void A_name_that_is_not_listed_is_an_error_with_the_nearest_and_all()
    {
        var message = Assert.Throws<UsageException>(() => Extended.Catalogues.Selectors.Get("suprise")).Message;
        Assert.Equal(
            "unknown method 'suprise'; did you mean 'surprise'? known: uniform, prior, vig, vig-samples, vig-tokens, random-tokens, random-samples, "
                + "random-lengths, excess-loss, vig-soft, image-negative, vppo, pgpo, cal, dft, eaft, visnec, sample-scores, surprise", message);
        Assert.Contains("unknown proxy 'gray'; did you mean 'grey'? known: ", Assert.Throws<UsageException>(
            () => new ScoreVigStage { Model = "m", Data = [], Proxies = ["gray"] }.Check(Extended.Catalogues)).Message, StringComparison.Ordinal);
        Assert.Contains("unknown benchmark", Assert.Throws<UsageException>(
            () => new EvalStage { Benchmark = "exact-match", Model = "m", Data = [] }.Check(Catalogues.BuiltIn)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_setting_that_no_method_reads_is_an_error()
    {
        var stage = new SelectStage { Scores = ["s"], Method = "surprise", Settings = new Dictionary<string, string> { ["flor"] = "1" } };
        Assert.Equal("settings: no method reads 'flor' (did you mean 'floor'?)", Assert.Throws<UsageException>(() => stage.Check(Extended.Catalogues)).Message);
    }

    [Fact]
    public void A_name_that_is_taken_is_refused() =>
        Assert.Contains("'grey' is listed twice", Assert.Throws<FoveaException>(() => Extended.Catalogues.Proxies.With(GreyProxy.Definition)).Message,
            StringComparison.Ordinal);

    [Theory]
    [InlineData("vig-samples")]
    [InlineData("vig_samples")]
    [InlineData("sample-only")]
    [InlineData("VigSamples")]
    public void A_method_is_found_by_its_names_as_configurations_and_command_lines_write_them(string name) =>
        Assert.Equal("vig-samples", Assert.Single(Selectors.BuiltIn.Parse(name)).Name);

    /// <summary>A new model of the toy family, with tokenizer and image processor.</summary>
    private static void WriteToy(string folder)
    {
        SceneTokenizer.Write(folder);
        using var model = (LlavaModel)ModelPresets.Create("tiny-llava", PresetVocabularies.Of(Tokenizer.Load(folder)), seed: 1);
        SafetensorsFile.Write(Path.Combine(folder, "model.safetensors"), model.Parameters.All.Select(p => KeyValuePair.Create("toy." + p.Key, p.Value)));
        var (text, tower) = (model.Config.Text, model.Config.Vision);
        File.WriteAllText(Path.Combine(folder, "config.json"), new JsonObject
        {
            ["model_type"] = "toy",
            ["torch_dtype"] = "float32",
            ["image_token_index"] = model.Config.ImageTokenId,
            ["decoder"] = Sizes(
                ("vocabulary", text.VocabSize), ("width", text.HiddenSize), ("mlp", text.IntermediateSize), ("layers", text.NumLayers), ("heads",
                    text.NumHeads), ("length", text.MaxPositions)),
            ["tower"] = Sizes(
                ("pixels", tower.ImageSize), ("patch", tower.PatchSize), ("width", tower.HiddenSize), ("mlp", tower.IntermediateSize), ("layers",
                    tower.NumLayers), ("heads", tower.NumHeads)),
        }.ToJsonString());
        File.WriteAllText(Path.Combine(folder, "preprocessor_config.json"), ImageProcessorConfig.Clip(tower.ImageSize).ToJson());
    }

    private static JsonObject Sizes(params (string Key, int Value)[] sizes) => new(sizes.Select(s => KeyValuePair.Create(s.Key, (JsonNode?)s.Value)));
}
