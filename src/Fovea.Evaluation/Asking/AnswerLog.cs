using System.Text;
using Fovea.Core.Json;

namespace Fovea.Evaluation.Asking;

/// <summary>
/// Answers as they come: a file for each stretch of questions, which appears whole or not at all, so that a run that is killed loses the last stretch at most.
/// Each answer has a key of all that decides it, and is taken again only under the same key.
/// </summary>
/// <param name="folder">Where the files are.</param>
internal sealed class AnswerLog(string folder)
{
    private sealed record Line(string Key, string Text, string Stop, int NewTokens, IReadOnlyDictionary<string, double>? LogProbs);

    /// <summary>The answers of a stretch; null where they are not all there under these keys.</summary>
    /// <param name="stretch">Its number.</param>
    /// <param name="keys">Of its questions, in order.</param>
    public IReadOnlyList<GivenAnswer>? Find(int stretch, IReadOnlyList<string> keys)
    {
        var file = FileOf(stretch);
        if (!File.Exists(file))
        {
            return null;
        }

        try
        {
            Line?[] lines = [.. RegularFile.ReadLines(file, RegularFile.MaxCorpus).Select(l => JsonSerializer.Deserialize<Line>(l, StrictJson.Line))];
            return lines.Select(l => l?.Key).SequenceEqual(keys) ? [.. lines.Select(l => new GivenAnswer(l!.Text, l.Stop, l.NewTokens, l.LogProbs))] : null;
        }
        catch (JsonException)
        {
            return null; // written by another version, or changed by hand: asked again
        }
    }

    /// <summary>Keeps the answers of a stretch.</summary>
    public void Keep(int stretch, IReadOnlyList<string> keys, IReadOnlyList<GivenAnswer> answers) => AtomicFile.Write(FileOf(stretch), stream =>
    {
        using var writer = new StreamWriter(stream, new UTF8Encoding(false), 1 << 16, leaveOpen: true) { NewLine = "\n" };
        foreach (var (key, answer) in keys.Zip(answers))
        {
            writer.WriteLine(JsonSerializer.Serialize(new Line(key, answer.Text, answer.Stop, answer.NewTokens, answer.LogProbs), StrictJson.Line));
        }
    });

    private string FileOf(int stretch) => Path.Combine(folder, FormattableString.Invariant($"{stretch:000000}.jsonl"));
}
