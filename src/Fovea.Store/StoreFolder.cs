namespace Fovea.Store;

/// <summary>What must hold of a folder before a store in it is written.</summary>
internal static class StoreFolder
{
    /// <summary>The field that may grow: conditions are added to a store without touching those it has.</summary>
    public const string Grows = "proxies";

    /// <summary>Whether conditions are to be added.</summary>
    public static bool HasGrown(IReadOnlyDictionary<string, string> made, IReadOnlyDictionary<string, string> wanted) =>
        wanted.GetValueOrDefault(Grows) is { } now && now.Split(',').Except(made.GetValueOrDefault(Grows, "").Split(','), StringComparer.Ordinal).Any();

    /// <summary>Refuses to continue scores that were made otherwise.</summary>
    /// <param name="folder">Of the store.</param>
    /// <param name="made">How the scores in it were made.</param>
    /// <param name="wanted">How this run makes them.</param>
    /// <exception cref="FoveaException">A field differs: it is named, with both values.</exception>
    public static void CheckProvenance(string folder, IReadOnlyDictionary<string, string> made, IReadOnlyDictionary<string, string> wanted)
    {
        const string None = "(none)";
        foreach (var field in made.Keys.Union(wanted.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            var was = made.GetValueOrDefault(field, None);
            var now = wanted.GetValueOrDefault(field, None);
            if (!string.Equals(was, now, StringComparison.Ordinal) && !(field == Grows && was.Split(',').All(w => now.Split(',').Contains(w))))
            {
                throw new FoveaException(
                    $"{folder}: scores were made with {field} = {was}, this run has {field} = {now}; choose another folder or score with the old value");
            }
        }
    }
}
