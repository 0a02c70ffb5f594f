using Fovea.Core.Configuration;
using Fovea.Data.Corpora;
using Fovea.Pipeline.Stages;

namespace Fovea.Pipeline.Plans;

/// <summary>One training run as a command line asks for it: a configuration, or a model and data, or both; what is null or empty was not given.</summary>
public sealed record TrainRequest
{
    /// <summary>For a model and data without a configuration: one pass over the data, at the learning rate of LLaVA's tuning.</summary>
    private const string Defaults = """{ "training": { "epochs": 1, "batch_size": 32, "learning_rate": 2e-5, "checkpoint_every": 100 } }""";

    /// <summary>LLaVA's tuning leaves the tower as it is.</summary>
    private const string FrozenTower = """training.frozen=["tower"]""";

    /// <summary>The configuration's file.</summary>
    public string? Config { get; init; }

    /// <summary>The model folder to start from, in place of the configuration's model or preset, with its own tokenizer.</summary>
    public string? Model { get; init; }

    /// <summary>The corpus, in place of the configuration's.</summary>
    public DataSource? Data { get; init; }

    /// <summary>The chat template.</summary>
    public string? Template { get; init; }

    /// <summary>Token weights.</summary>
    public string? Weights { get; init; }

    /// <summary>How many records may be unusable.</summary>
    public int? MaxInvalid { get; init; }

    /// <summary>What an unusable record does.</summary>
    public OnBadSample? OnBadSample { get; init; }

    /// <summary>Where the model computes.</summary>
    public string? Device { get; init; }

    /// <summary>Seed of the run.</summary>
    public long? Seed { get; init; }

    /// <summary>Overrides of single keys, which come last.</summary>
    public IReadOnlyList<string> Set { get; init; } = [];

    /// <summary>Whether links may lead out of image folders.</summary>
    public bool FollowLinks { get; init; }

    /// <summary>Corpus files by the names that scores and weights know: <c>OLD=NEW</c>.</summary>
    public IReadOnlyList<string> Renames { get; init; } = [];

    /// <summary>The run: the configuration, then the options, then <see cref="Set"/>.</summary>
    /// <exception cref="UsageException">Neither a configuration nor a model with data is given.</exception>
    public TrainStage ToStage()
    {
        IEnumerable<string> overrides = [.. Overrides(), .. Set];
        var stage = Config is not null ? ConfigFile.Load<TrainStage>(Config, overrides)
            : Model is not null && Data is not null ? WithoutFile([.. ForModel(Model), .. overrides])
            : throw new UsageException("expected --config, or --model and --data");
        stage = FollowLinks ? stage with { Data = Linked(stage.Data), HeldOut = Linked(stage.HeldOut) } : stage;
        return stage with { Data = Renamed.Apply(stage.Data, Renames, stage.HeldOut), HeldOut = Renamed.Apply(stage.HeldOut, Renames, stage.Data) };
    }

    /// <summary>The run of a command line without a configuration. Steps that are asked for take the place of the one epoch that nobody asked for.</summary>
    public static TrainStage WithoutFile(IReadOnlyList<string> overrides) => ConfigBinder.Read<TrainStage>(Defaults, "fovea train",
        [.. overrides.Any(o => o.StartsWith("training.steps=", StringComparison.Ordinal)) ? ["training.epochs=null"] : (string[])[], .. overrides]);

    private static IReadOnlyList<DataSource> Linked(IReadOnlyList<DataSource> data) => [.. data.Select(d => d with { FollowLinks = true })];

    private static string[] ForModel(string folder)
    {
        MissingModel.Require(folder);
        return [FrozenTower];
    }

    private IEnumerable<string> Overrides()
    {
        (string Key, object? Value)[] given =
        [
            ("model", Model), ("data", Data is null ? null : new[] { Data }), ("template", Template), ("weights", Weights), ("max_invalid", MaxInvalid),
            ("on_bad_sample", OnBadSample), ("device", Device), ("training.seed", Seed),
        ];
        string[] replaced = Model is null ? [] : ["preset=null", "decoder_from=null", "tokenizer=null"];
        return [.. given.Where(g => g.Value is not null).Select(g => $"{g.Key}={JsonSerializer.Serialize(g.Value, StageManifest.Json)}"), .. replaced];
    }
}
