using Fovea.Core.Samples;
using Fovea.Core.Scores;
using Fovea.Data.Corpora;
using Fovea.Data.Templates;
using Fovea.Data.Tokenizers;
using Fovea.Models;
using Fovea.Models.Checkpoints;
using Fovea.Verification.Checks;
using Fovea.Verification.Fixtures;

namespace Fovea.Verification.EndToEnd;

/// <summary>From image files and LLaVA's JSON through tokenizer, template, image processor, blur and model to a score store, and from there to thresholds, kept samples and weights.</summary>
internal static class EndToEndCase
{
    public static void Run(FixtureFolder fixture, CheckList checks)
    {
        using var model = ModelFolder.Load(fixture["model"]);
        using var reference = ModelFolder.Load(fixture["reference"]);
        var tokenizer = Tokenizer.Load(fixture["model"]);
        var encoder = new SampleEncoder(tokenizer, TemplateChoice.Parse("auto"));
        using var stores = new ScoreStores(fixture, encoder);
        checks.Attempt("png", () =>
        {
            var corpus = Corpus(fixture, "data.json", "images");
            Ids(fixture, checks, encoder, model, corpus);
            var scores = stores.Vig(model, corpus);
            var tolerance = fixture.Json.Need("tolerance");
            LogProbs(checks, "log_prob", Expected(fixture, "samples"), scores, tolerance.Number("png_nats"));
            Gains(checks, Expected(fixture, "samples"), scores, tolerance.Number("tau_and_vig_nats"));
            SelectionChecks.Run(fixture, checks, scores);
        });
        checks.Attempt("jpeg", () => LogProbs(
            checks, "log_prob_jpeg", Expected(fixture, "samples_jpeg"), stores.Vig(model, Corpus(fixture, "data_jpeg.json", "images_jpeg")), fixture.Json.Need("tolerance").Number("jpeg_nats")));
        checks.Attempt("prior", () => PriorChecks.Run(fixture, checks, model, stores, encoder, reference, Corpus(fixture, "captions.json", "images")));
    }

    private static LlavaJsonCorpus Corpus(FixtureFolder fixture, string file, string images) => LlavaJsonCorpus.Open(fixture[file], fixture[images]);

    private static Dictionary<string, System.Text.Json.JsonElement> Expected(FixtureFolder fixture, string list) => fixture.Json.List(list).ToDictionary(s => s.Text("id"));

    private static void Ids(FixtureFolder fixture, CheckList checks, SampleEncoder encoder, VisionLanguageModel model, LlavaJsonCorpus corpus)
    {
        var expected = fixture.Json.List("samples").ToList();
        checks.Measure("samples", () => Difference.Exact<string?>([.. expected.Select(s => s.Text("id"))], [.. corpus.Samples.Select(s => s.Id)]));
        var tokens = corpus.Samples.Select(encoder.Encode).ToList();
        var numImageTokens = fixture.Json.Int("image_tokens");
        var imageId = model.ImageTokenIds(0, 0)[0];
        checks.Measure("input_ids", () => Difference.Exact<int>(
            [.. expected.SelectMany(s => s.Ints("input_ids").Append(-1))],
            [.. tokens.SelectMany(t => t.InputIds.SelectMany(i => i == TokenizedSample.ImagePlaceholder ? Enumerable.Repeat(imageId, numImageTokens) : [i]).Append(-1))]));
        checks.Measure("target_ids", () => Difference.Exact<int>([.. expected.SelectMany(s => s.Ints("target_ids").Append(-1))], [.. tokens.SelectMany(t => t.TargetIds().Append(-1))]));
    }

    private static void LogProbs(
        CheckList checks, string name, Dictionary<string, System.Text.Json.JsonElement> expected, IReadOnlyList<TokenScores> scores, double toleranceNats)
    {
        foreach (var condition in ScoreStores.Conditions)
        {
            checks.Measure($"{name}.{condition.Key}", () => Difference.Numbers(
                [.. Scored(scores).SelectMany(s => expected[s.Id!].Need("log_prob").Numbers(condition.Key))],
                [.. Scored(scores).SelectMany(s => s.LogProbs[condition.Value]).Select(v => (double)v)], new Tolerance(toleranceNats, 0)));
        }
    }

    private static void Gains(CheckList checks, Dictionary<string, System.Text.Json.JsonElement> expected, IReadOnlyList<TokenScores> scores, double toleranceNats)
    {
        foreach (var condition in ScoreStores.Conditions.Where(c => c.Value != Conditions.Image))
        {
            double[] Of(TokenScores s) => [.. s.LogProbs[Conditions.Image].Zip(s.LogProbs[condition.Value], (with, without) => (double)with - without)];
            checks.Measure($"vig.{condition.Key}", () => Difference.Numbers(
                [.. Scored(scores).SelectMany(s => expected[s.Id!].Need("vig").Numbers(condition.Key))], [.. Scored(scores).SelectMany(Of)], new Tolerance(toleranceNats, 0)));
            checks.Measure($"sample_vig.{condition.Key}", () => Difference.Numbers(
                [.. Scored(scores).Select(s => expected[s.Id!].Need("sample_vig").Number(condition.Key))], [.. Scored(scores).Select(s => Of(s).Average())], new Tolerance(toleranceNats, 0)));
        }
    }

    private static IEnumerable<TokenScores> Scored(IReadOnlyList<TokenScores> scores) => scores.Where(s => s.HasImage);
}
