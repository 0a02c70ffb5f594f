namespace Fovea.Models.Checkpoints;

/// <summary>An inspection as rows for people.</summary>
public static class InspectionText
{
    private const int MostListed = 20;

    /// <summary>What was looked at, and what was found; tensors that do not fit follow without a name.</summary>
    public static IEnumerable<(string What, string Found)> Rows(ModelInspection m)
    {
        yield return ("family", m.Tower is null ? m.Family : $"{m.Family} ({m.Decoder}, {m.Tower})");
        yield return ("layout", $"{m.Layout}, {m.Files} {(m.Files == 1 ? "file" : "files")}");
        yield return ("parameters", $"{Count(m.Parameters)} ({string.Join(", ", m.Parts.Select(p => $"{p.Key} {Count(p.Value)}"))})");
        yield return ("stored as", string.Join(", ", m.StoredTypes.Select(p => $"{p.Key} ({Count(p.Value)})")));
        yield return ("head", m.TiedHead ? "tied to the embedding" : "a separate tensor");
        yield return ("length", $"{m.MaxPositions} tokens{(m.TokensPerImage is { } tokens ? $", {tokens} an image" : "")}");
        yield return ("memory to load", $"{Bytes(m.Memory.Load)} as stored, {Bytes(m.Memory.LoadF32)} in f32; mapped from its files: almost none");
        yield return ("memory to score", $"{Bytes(m.Memory.Score)} as stored ({m.Memory.Tokens} tokens at a time)");
        yield return ("memory to train", $"{Bytes(m.Memory.Train)} (AdamW in f32, {m.Memory.Tokens} tokens at a time)");
        yield return ("can be loaded", m.Lacks is { } lacks ? $"not without {lacks}: give --tower"
            : m.Problems.Count == 0 ? "yes" : $"no: {m.Problems.Count} tensors do not fit config.json");
        foreach (var problem in m.Problems.Take(MostListed))
        {
            yield return ("", problem);
        }
    }

    private static string Count(long n) => n switch
    {
        >= 1_000_000_000 => (n / 1e9).ToString("0.00 B", CultureInfo.InvariantCulture),
        >= 1_000_000 => (n / 1e6).ToString("0.0 M", CultureInfo.InvariantCulture),
        _ => n.ToString("N0", CultureInfo.InvariantCulture),
    };

    private static string Bytes(long n) => n switch
    {
        >= 1L << 30 => (n / (double)(1L << 30)).ToString("0.0 GiB", CultureInfo.InvariantCulture),
        >= 1L << 20 => (n / (double)(1L << 20)).ToString("0.0 MiB", CultureInfo.InvariantCulture),
        _ => n.ToString("N0", CultureInfo.InvariantCulture) + " bytes",
    };
}
