using Fovea.Core.Watching;
using Fovea.Data.Corpora;
using Fovea.Pipeline;
using Fovea.Pipeline.Stages;
using Fovea.Training.Options;

namespace Fovea.Extensions;

/// <summary>The one registration of each, and a chain that uses all of them.</summary>
public static class Extended
{
    public static Catalogues Catalogues { get; } = Catalogues.BuiltIn with
    {
        Selectors = Catalogues.BuiltIn.Selectors.With(SurpriseSelector.Definition),
        Formats = Catalogues.BuiltIn.Formats.With(TsvCorpus.Format),
        Proxies = Catalogues.BuiltIn.Proxies.With(GreyProxy.Definition),
        Decoding = Catalogues.BuiltIn.Decoding.With(HalfBlind.Definition),
        Benchmarks = Catalogues.BuiltIn.Benchmarks.With(ExactMatch.Benchmark),
        Templates = Catalogues.BuiltIn.Templates.With(new QuestionAnswerTemplate()),
        Families = Catalogues.BuiltIn.Families.With(ToyFamily.Family),
    };

    /// <summary>Scores, weights, training and evaluation.</summary>
    /// <param name="model">Folder of a model of the family.</param>
    /// <param name="tsv">The corpus, its images beside it.</param>
    /// <param name="folder">Where everything is written.</param>
    public static void Run(string model, string tsv, string folder)
    {
        string Stage(string name, IStage stage)
        {
            var target = Path.Combine(folder, name);
            StageRunner.Run(stage,
                new StageContext(target, NumThreads: 1, new SilentProgress(), CancellationToken.None) { Catalogues = Catalogues }, Existing.Continue);
            return target;
        }

        DataSource[] data = [new DataSource { File = tsv }.In(Catalogues.Formats)];
        const string Template = "question_answer";
        var prior = Stage("scores/prior", new ScorePriorStage { Models = [model], Data = data, Template = Template });
        var vig = Stage("scores/vig", new ScoreVigStage { Model = model, Data = data, Proxies = ["grey"], Template = Template });
        var weights = Stage("weights", new SelectStage
        {
            Scores = [prior, vig],
            Method = "surprise",
            Times = ["vig"],
            Against = "grey",
            Settings = new Dictionary<string, string> { ["floor"] = "0.5" },
        });
        var trained = Stage("trained", new TrainStage
        {
            Model = model,
            Data = data,
            Weights = weights,
            Template = Template,
            Training = new TrainingOptions { Steps = 2, BatchSize = 2, LearningRate = 1e-3 },
        });
        Stage("evaluated",
            new EvalStage { Benchmark = "exact-match", Model = Path.Combine(trained, "model"), Data = data, Template = Template, MaxNewTokens = 4, Decode = "half-blind" });
    }
}
