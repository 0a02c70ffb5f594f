using Fovea.Core.Errors;

namespace Fovea.Store;

/// <summary>What must hold of a folder before a store in it is written.</summary>
internal static class StoreFolder
{
    private const string LockName = ".lock";

    /// <summary>Makes the folder if it is not there, and keeps other writers out of it until the result is disposed.</summary>
    /// <exception cref="FoveaException">It cannot be written, or another process writes it.</exception>
    public static FileStream Lock(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
            return new FileStream(Path.Combine(folder, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new FoveaException($"{folder}: cannot be written ({e.Message}); allow writing there or choose another folder", e);
        }
        catch (IOException e)
        {
            throw new FoveaException(Directory.Exists(folder)
                ? $"{folder}: another process is writing this score store ({e.Message}); wait for it or choose another folder"
                : $"{folder}: cannot be made ({e.Message}); choose another folder", e);
        }
    }

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
            if (!string.Equals(was, now, StringComparison.Ordinal))
            {
                throw new FoveaException(
                    $"{folder}: scores were made with {field} = {was}, this run has {field} = {now}; choose another folder or score with the old value");
            }
        }
    }
}
