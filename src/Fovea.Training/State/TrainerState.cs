using System.Text.Json.Serialization;
using Fovea.Core.Json;
using Fovea.Data.Corpora;

namespace Fovea.Training.State;

/// <summary>
/// Where a run is between two steps: all that resuming needs besides parameters and moments. The order of samples and the rates follow from the step.
/// </summary>
internal sealed record TrainerState
{
    /// <summary>Name in a checkpoint's folder.</summary>
    public const string FileName = "trainer_state.json";

    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };

    /// <summary>Steps made.</summary>
    public required long Step { get; init; }

    /// <summary>Sums over those steps.</summary>
    public required TrainingCounters Counters { get; init; }

    /// <summary>Loss of the last step that made an update.</summary>
    public required double? LastLoss { get; init; }

    /// <summary>What tells a spike of the loss.</summary>
    public required LossWatch Loss { get; init; }

    /// <summary>The best checkpoint by held-out loss; null if none was evaluated, or it is not kept.</summary>
    public BestCheckpoint? Best { get; init; }

    /// <summary>Samples that turned out unusable in those steps.</summary>
    public IReadOnlyList<InvalidRecord> Unusable { get; init; } = [];

    /// <summary>Held-out samples that turned out unusable; null for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] // so that states of earlier versions keep their checksums
    public IReadOnlyList<InvalidRecord>? HeldOutUnusable { get; init; }

    /// <summary>What must not have changed.</summary>
    public required RunIdentity Identity { get; init; }

    /// <summary>SHA-256 of the checkpoint's other files, by path with <c>/</c>.</summary>
    public IReadOnlyDictionary<string, string> Files { get; init; } = new Dictionary<string, string>();

    /// <summary>SHA-256 of this record as JSON with this field empty.</summary>
    public string Sha256 { get; init; } = "";

    /// <summary>Before the first step.</summary>
    public static TrainerState AtStart(RunIdentity identity) =>
        new() { Step = 0, Counters = new TrainingCounters(), LastLoss = null, Loss = new LossWatch(), Identity = identity };

    public string Write()
    {
        var open = this with { Sha256 = "" };
        return JsonSerializer.Serialize(open with { Sha256 = open.Hash() }, Json) + "\n";
    }

    /// <exception cref="FoveaException">The text is not a state, or not as it was written.</exception>
    public static TrainerState Read(string text)
    {
        try
        {
            var state = JsonSerializer.Deserialize<TrainerState>(text, Json) ?? throw new JsonException("null");
            return (state with { Sha256 = "" }).Hash() == state.Sha256 ? state : throw new FoveaException($"{FileName} does not agree with its checksum");
        }
        catch (JsonException e)
        {
            throw new FoveaException($"{FileName} is not valid ({JsonReason.InWords(e)})", e);
        }
    }

    private string Hash() => ContentHash.OfText(JsonSerializer.Serialize(this, Json));
}

/// <summary>The checkpoint of lowest held-out loss.</summary>
/// <param name="Step">Of the checkpoint.</param>
/// <param name="Loss">In nats per unit of weight.</param>
internal sealed record BestCheckpoint(long Step, double Loss);
