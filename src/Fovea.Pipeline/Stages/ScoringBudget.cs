using Fovea.Scoring;
using Fovea.Torch;

namespace Fovea.Pipeline.Stages;

/// <summary>How many tokens of a batch the memory at hand carries.</summary>
public static class ScoringBudget
{
    private const int Smallest = 256;

    /// <summary>
    /// The budget that a store in <paramref name="store"/> was begun with; else the default, or less where half of the memory that weights leave
    /// free would not hold a batch of it. A rough plan: a batch that does not fit after all is halved, and the store records that.
    /// </summary>
    public static int NumTokens(string store, string modelFolder) => Begun(store) ?? Fitting(modelFolder);

    private static int? Begun(string store)
    {
        try
        {
            return StageManifest.Read(store)?.Config["scoring"]?["token_budget"]?.GetValue<int>();
        }
        catch (Exception e) when (e is InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    private static int Fitting(string modelFolder)
    {
        var most = new ScoringOptions().TokenBudget;
        var (hidden, intermediate) = Widths(modelFolder);
        if (hidden == 0)
        {
            return most;
        }

        var weights = Directory.EnumerateFiles(modelFolder).Where(f => Path.GetExtension(f) is ".safetensors" or ".bin").Sum(f => new FileInfo(f).Length);
        var free = Math.Max(0, MemoryLimits.Resident().Bytes - weights) / 2;

        // Of one layer at a time: residual, norm, query, key, value, attention and their copies, and the MLP's three.
        var perToken = sizeof(float) * ((10L * hidden) + (3L * intermediate));
        return (int)Math.Clamp(free / perToken, Smallest, most);
    }

    private static (long Hidden, long Intermediate) Widths(string modelFolder)
    {
        try
        {
            var config = JsonNode.Parse(RegularFile.ReadAllText(Path.Combine(modelFolder, DecisiveFiles.Config), RegularFile.MaxJson));
            var text = config?["text_config"] ?? config;
            return (Number(text?["hidden_size"]), Number(text?["intermediate_size"]));
        }
        catch (Exception e) when (e is FoveaException or IOException or UnauthorizedAccessException or JsonException or InvalidOperationException)
        {
            return (0, 0); // Loading the model says what is wrong with it.
        }
    }

    private static long Number(JsonNode? node) => long.TryParse(node?.ToString(), NumberStyles.Integer, CultureInfo.InvariantCulture, out var number)
        && number is > 0 and <= int.MaxValue ? number : 0;
}
