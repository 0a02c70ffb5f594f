using Fovea.Core.Errors;
using Fovea.Core.Provenance;
using Fovea.Core.Samples;
using Fovea.Core.Watching;
using Fovea.Data.Corpora;
using Fovea.Pipeline.Plans;
using Fovea.Pipeline.Stages;
using Fovea.Pipeline.Workers;
using Fovea.Tests.Architecture;
using Fovea.Tests.Training;
using Xunit;

namespace Fovea.Tests.Pipeline;

/// <summary>Plans with folds, as far as their data: what each reference would be trained on, and what it would score.</summary>
public sealed class FoldPlanTests : IDisposable
{
    private static readonly string[] Small =
    [
        "scenes.num_text_scenes=4", "scenes.num_train_scenes=30", "scenes.num_dialogue_scenes=30", "scenes.num_held_out_scenes=4",
            "scenes.num_conflict_scenes=4", "reference_kind=folds", "seeds=[101]",
    ];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void No_reference_of_the_demo_with_folds_is_trained_on_what_it_scores(bool scoresDialogues)
    {
        var plan = Planned(scoresDialogues ? """
            { "folds": { "data": [{ "file": "$data/train/captions.json", "images": "$data/train" }, { "file": "$data/dialogues/dialogues.json", "images": "$data/dialogues" }], "also_train": [] },
              "eval/dialogues": { "kind": "score_prior", "models": ["$lm/reference-fold-*/model"], "folds": "$folds", "data": [{ "file": "$data/dialogues/dialogues.json", "images": "$data/dialogues" }] } }
            """ : "{}");
        RunData(plan);
        var training = plan.Where(s => s.Kind == "train").ToDictionary(s => Path.Combine(_folder[s.Name], "model"),
            s => (TrainStage)StageCatalog.Create(s.Kind, s.Config));
        var scoring = plan.Where(s => s.Kind == "score_prior" && s.Name != "seed-101/scores/prior-held-out").ToArray();
        Assert.Equal(scoresDialogues ? 2 : 1, scoring.Length);
        foreach (var spec in scoring)
        {
            var stage = (ScorePriorStage)StageCatalog.Create(spec.Kind, spec.Config);
            Assert.Equal(2, stage.Models.Count);
            var keys = new ImageKeys();
            var trained = stage.Models.Select(m => TrainedOn(training[m])).ToArray();
            Assert.All(trained, t => Assert.Contains(t, s => s.Key.Source == "dialogues.json"));
            Assert.Equal(scoresDialogues, trained[0].Count(s => s.Key.Source == "dialogues.json") < 30);
            var folds = Fovea.Scoring.Folds.FoldsFile.Read(stage.Folds!).Folds;
            foreach (var sample in CorpusFiles.Open(stage.Data, new InvalidRecords(0)).Samples)
            {
                var reference = trained[folds.FoldOf(sample.Key)];
                Assert.DoesNotContain(sample.Key, reference.Select(s => s.Key));
                Assert.Empty(reference.SelectMany(s => keys.Of(s)).Intersect(keys.Of(sample)));
                Assert.Contains(sample.Key, trained[1 - folds.FoldOf(sample.Key)].Select(s => s.Key));
            }
        }
    }

    [Fact]
    public void A_reference_is_not_trained_on_files_that_the_assignment_does_not_cover_nor_from_a_model_that_saw_the_fold()
    {
        var plan = Planned();
        RunData(plan);
        var spec = plan.First(s => s.Name == "seed-101/lm/reference-fold-1");
        var stage = (TrainStage)StageCatalog.Create(spec.Kind, spec.Config);
        var data = stage.Data[0] with { File = Path.Combine(_folder["seed-101/data/held-out"], "dialogues.json"), Images = null };
        Assert.Contains("dialogues.json", Assert.Throws<InvalidInputException>(() => TrainedOn(stage with { Data = [data] })).Message,
            StringComparison.Ordinal);
        Assert.Contains("'leave_out_fold'", Assert.Throws<FoveaException>(() => TrainedOn(stage with { LeaveOutFold = 2 })).Message, StringComparison.Ordinal);
        Assert.Contains("'leave_out_fold' is missing", Assert.Throws<FoveaException>(() => (stage with { LeaveOutFold = null }).Check()).Message,
            StringComparison.Ordinal);
        Assert.Contains("'folds' is missing", Assert.Throws<FoveaException>(() => (stage with { Folds = null }).Check()).Message, StringComparison.Ordinal);

        var folds = Fovea.Scoring.Folds.FoldsFile.Read(stage.Folds!);
        Directory.CreateDirectory(_folder["start"]);
        new Fovea.Scoring.Folds.LeftOutFold(folds.Sha256, 0).Write(_folder["start"]);
        Assert.Contains("trained on fold 1",
            Assert.Throws<InvalidInputException>(() => TrainedOn(stage with { Preset = null, Model = _folder["start"] })).Message, StringComparison.Ordinal);
        new Fovea.Scoring.Folds.LeftOutFold(folds.Sha256, 1).Write(_folder["start"]);
        Assert.NotEmpty(TrainedOn(stage with { Preset = null, Model = _folder["start"] }));
    }

    [Theory]
    [InlineData("captions.json", true)]
    [InlineData("dialogues.json", false)]
    public void A_reference_does_not_start_from_a_model_that_was_trained_on_what_is_scored(string file, bool refused)
    {
        var plan = Planned();
        RunData(plan);
        var spec = plan.First(s => s.Name == "seed-101/lm/reference-fold-1");
        var stage = (TrainStage)StageCatalog.Create(spec.Kind, spec.Config);
        var seen = stage.Data.Single(d => Path.GetFileName(d.File) == file).File;
        new StageManifest { Kind = "train", Config = [], Inputs = new() { ["data[0]"] = ContentHash.OfFile(seen) }, NumThreads = 1, Versions = [] }.Write(
            _folder["run"]);
        stage = stage with { Preset = null, Model = _folder["run/model"] };
        var error = Record.Exception(() => TrainedOn(stage));
        Assert.Equal(refused, error is InvalidInputException);
        Assert.True(error is null || error.Message.Contains(file, StringComparison.Ordinal));
    }

    private IReadOnlyList<StageSpec> Planned(string stages = "{}")
    {
        var demo = Path.Combine(Repository.Root, "configs", "demo.jsonc");
        File.WriteAllText(_folder["plan.jsonc"], $$"""{ "extends": "{{demo}}", "stages": {{stages}} }""");
        var file = PlanFile.Load(_folder["plan.jsonc"]);
        file.Set(Small);
        return Plan.Of(file, _folder.Path).Stages;
    }

    private void RunData(IReadOnlyList<StageSpec> plan)
    {
        foreach (var spec in plan.Where(s => s.Kind is "scenes" or "tokenizer" or "folds"))
        {
            StageRunner.Run(StageCatalog.Create(spec.Kind, spec.Config),
                new StageContext(_folder[spec.Name], 1, new SilentProgress(), TestContext.Current.CancellationToken), Existing.Refuse);
        }
    }

    private static Sample[] TrainedOn(TrainStage stage)
    {
        var corpus = TokenizedCorpus.Open(stage.Data, stage.Tokenizer!, stage.View, stage.Template);
        var keys = stage.TrainedOn(corpus.Samples).Samples.Select(s => s.Key).ToHashSet();
        return [.. corpus.Corpus.Samples.Where(s => keys.Contains(s.Key))];
    }
}
