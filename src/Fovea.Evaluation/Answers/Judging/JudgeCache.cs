using Fovea.Core.Json;

namespace Fovea.Evaluation.Answers.Judging;

/// <summary>
/// Replies on disk, one file each, by a hash of all that decides them: endpoint, model, messages, temperature and limit. A reply that could not be read is
/// kept for what it cost and asked for again. A file that is damaged counts as none.
/// </summary>
internal sealed class JudgeCache(string folder, JudgeOptions options)
{
    private sealed record Entry(string Model, string Id, string? Reply, long PromptTokens, long ReplyTokens);

    /// <summary>The reply that is kept for a prompt, or null.</summary>
    public string? Find(JudgePrompt prompt) => Read(PathOf(prompt)) is { Reply: { } reply } && prompt.CanRead(reply) ? reply : null;

    /// <summary>Keeps a reply, or null for one that could not be read, with what it cost.</summary>
    public void Keep(JudgePrompt prompt, string? reply, JudgeTokens tokens)
    {
        var path = PathOf(prompt);
        var before = Read(path);
        AtomicFile.WriteText(path, JsonSerializer.Serialize(new Entry(options.Model, prompt.Id, reply,
            (before?.PromptTokens ?? 0) + tokens.Prompt, (before?.ReplyTokens ?? 0) + tokens.Reply), StrictJson.Line));
    }

    /// <summary>All that was spent so far on what is kept in the folder.</summary>
    public JudgeTokens Spent() => Directory.Exists(folder)
        ? Directory.EnumerateFiles(folder, "*.json").Select(Read).OfType<Entry>().Aggregate(default(JudgeTokens),
            (s, e) => s + new JudgeTokens(e.PromptTokens, e.ReplyTokens))
        : default;

    private string PathOf(JudgePrompt prompt) => Path.Combine(folder, ContentHash.OfText(JsonSerializer.Serialize(
        new object?[] { options.Url.AbsoluteUri, options.Model, prompt.System, prompt.Prompt, options.Temperature, options.MaxTokens })) + ".json");

    private static Entry? Read(string path)
    {
        try
        {
            return File.Exists(path) ? JsonSerializer.Deserialize<Entry>(RegularFile.ReadAllText(path, RegularFile.MaxJson), StrictJson.Line) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
