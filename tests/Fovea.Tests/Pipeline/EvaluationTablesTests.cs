using Fovea.Core.Errors;
using Fovea.Core.Provenance;
using Fovea.Core.Results;
using Fovea.Core.Watching;
using Fovea.Data.Scenes;
using Fovea.Evaluation.Results;
using Fovea.Pipeline.Findings;
using Fovea.Tests.Training;
using Xunit;

namespace Fovea.Tests.Pipeline;

/// <summary>Two evaluations are compared only where they measured the same data.</summary>
public sealed class EvaluationTablesTests : IDisposable
{
    private static readonly string One = new('1', 64), Two = new('2', 64);
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Another_model_on_the_same_data_is_compared()
    {
        var tables = EvaluationTables.Of(Evaluation("here", model: One, scenes: One), Evaluation("there", model: Two, scenes: One));
        Assert.NotNull(Assert.Single(tables).Rows[0].Cells[0].Difference);
    }

    [Fact]
    public void A_baseline_on_other_data_with_as_many_units_is_refused_by_the_name_of_the_data()
    {
        var (here, there) = (Evaluation("here", model: One, scenes: One), Evaluation("there", model: One, scenes: Two));
        var error = Assert.Throws<InvalidInputException>(() => EvaluationTables.Of(here, there));
        Assert.Equal(there, error.File);
        Assert.Contains($"was measured on other data than {here}: 'scenes.text[0]' has the SHA-256 222222222222...", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_baseline_that_does_not_say_what_it_measured_is_refused()
    {
        var (here, there) = (Evaluation("here", model: One, scenes: One), Evaluation("there", model: One, scenes: One));
        File.Delete(Path.Combine(there, StageManifest.FileName));
        Assert.Contains("not known what was measured", Assert.Throws<InvalidInputException>(() => EvaluationTables.Of(here, there)).Message,
            StringComparison.Ordinal);
        Assert.Single(EvaluationTables.Of(there));
    }

    [Theory]
    [InlineData("chair_i", "CHAIR_i")]
    [InlineData("conflict/pope_f1", "conflict POPE F1")]
    [InlineData("qa_accuracy/wrong_label", "QA accuracy wrong label")]
    [InlineData("scene_nll", "scene NLL")]
    [InlineData("nll/other_image", "NLL other image")]
    public void Metrics_are_called_as_the_field_calls_them(string name, string title) => Assert.Equal(title, MetricTitles.Of(name));

    [Theory]
    [InlineData(-0.1, true)]
    [InlineData(0.1, false)]
    public void The_report_of_a_model_that_does_not_see_says_so_first(double vig, bool blind)
    {
        var folder = Evaluation("here", One, One);
        File.Delete(Path.Combine(folder, "scene_captions.result.json"));
        EvalResultFile.Write(Path.Combine(folder, "corpus_nll.result.json"),
            new EvalResult("corpus_nll", "image", [new Metric("vig/blur", null, [vig, 2 * vig, vig], [1, 1, 1])]));
        var warning = EvaluationReport.Of(folder, StageManifest.Read(folder)!, null).Warning;
        Assert.Equal(blind, warning is not null);
        Assert.StartsWith(blind ? "This model does not see these images yet: " : "", warning ?? "", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.05, 0.95, false)]
    [InlineData(0.05, 0.3, true)]
    [InlineData(0.5, 0.95, true)]
    public void So_does_that_of_a_model_that_invents_objects_or_guesses_colours_on_scenes(double invented, double named, bool blind)
    {
        SceneCorpusWriter.Write(new SceneSpec { NumScenes = 1, Bias = 0.5 }, _folder["scenes"], new SilentProgress(), TestContext.Current.CancellationToken);
        var folder = Evaluation("here", One, One);
        double[] Units(double share) => [100 * share, (100 * share) + 1, (100 * share) - 1];
        Metric Of(string name, double share) => new(name, true, Units(share), [100, 100, 100]);
        EvalResultFile.Write(Path.Combine(folder, "scene_captions.result.json"), new EvalResult(
            "scene_captions", "scene", [Of("chair_i", invented), Of("restricted_accuracy/colour", named), Of("restricted_accuracy/shape", named)]));
        var manifest = StageManifest.Read(folder)! with { Config = new() { ["scenes"] = _folder["scenes"] } };
        Assert.Equal(blind,
            EvaluationReport.Of(folder, manifest, null).Warning?.StartsWith("This model does not see yet: ", StringComparison.Ordinal) ?? false);
    }

    private string Evaluation(string name, string model, string scenes)
    {
        var folder = Directory.CreateDirectory(_folder[name]).FullName;
        EvalResultFile.Write(Path.Combine(folder, "scene_captions.result.json"),
            new EvalResult("scene_captions", "scene", [new Metric("chair_i", false, [1, 0, 1], [1, 1, 1])]));
        new StageManifest
        {
            Kind = "eval_scenes",
            Config = [],
            Inputs = new SortedDictionary<string, string>(StringComparer.Ordinal) { ["model.weights"] = model, ["scenes.text[0]"] = scenes },
            NumThreads = 1,
            Versions = [],
            Complete = true,
        }.Write(folder);
        return folder;
    }
}
