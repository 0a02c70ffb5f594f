namespace Fovea.Evaluation.Answers.Reading;

/// <summary>Folders of answer files.</summary>
internal static class AnswerFolder
{
    /// <summary>Its files whose name, packed or not, ends in one of these, in the order of their names.</summary>
    /// <exception cref="InvalidInputException">It is no folder that can be read.</exception>
    public static IReadOnlyList<string> Files(string folder, params string[] endings)
    {
        if (!Directory.Exists(folder))
        {
            throw new InvalidInputException(folder, null, File.Exists(folder) ? "expected a folder, got a file" : "not found; expected a folder");
        }

        return [.. Directory.EnumerateFiles(folder)
            .Where(f => endings.Contains(Path.GetExtension(PackedFile.NameOf(f)), StringComparer.OrdinalIgnoreCase)).Order(StringComparer.Ordinal)];
    }
}
