using System.Text.Json.Serialization;

namespace Fovea.Pipeline.Workers;

/// <summary>One stage of a plan.</summary>
/// <param name="Name">Path of its folder below the run's folder, e.g. <c>seed-1/pretrain/h-ntp</c>.</param>
/// <param name="Kind">Which stage class.</param>
/// <param name="Config">Its configuration.</param>
/// <param name="After">Names of the stages it reads.</param>
/// <param name="Work">How much it has to do (<see cref="Stages.IStage.Work"/>), only to order and to estimate the time left; null: not known.</param>
public sealed record StageSpec(string Name, string Kind, JsonObject Config, IReadOnlyList<string> After, double? Work)
{
    /// <summary>Its key in the plan, axes not filled in, e.g. <c>pretrain/${family}-${arm}</c>.</summary>
    public string Key { get; init; } = "";

    /// <summary>The values of its axes and of the plan's, by name.</summary>
    public IReadOnlyDictionary<string, string> Axes { get; init; } = new Dictionary<string, string>();

    /// <summary>What its speed is like: that of stages of its kind, where a training run without images is another kind than one with them.</summary>
    public string WorkKind => Kind == "train" && (string?)Config["view"] == "text_only" ? "train (text)" : Kind;

    /// <summary>Bytes that it holds at least (<see cref="Stages.IStage.Memory"/>); null: not known.</summary>
    public double? Memory { get; init; }
}

/// <summary>What the scheduler tells a worker: run a stage into a folder.</summary>
public sealed record WorkOrder(string Kind, JsonObject Config, string Out, bool AllowOverMemory = false);

/// <summary>What a worker says, one JSON document per line: progress, then exactly one of done, failed or interrupted.</summary>
public sealed record WorkerMessage(
    string Type, string? Task = null, long Done = 0, long Total = 0, string? Note = null, string? Error = null)
{
    /// <summary>The type of what is said for a worker that ended without a word.</summary>
    public const string Died = "died";

    /// <summary>The type of what the scheduler says when a stage begins.</summary>
    public const string Started = "started";

    /// <summary>The type of a stage's last message where it is complete.</summary>
    public const string Complete = "done";

    /// <summary>How messages are written.</summary>
    [JsonIgnore]
    public static JsonSerializerOptions Json { get; } = new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault };
}
