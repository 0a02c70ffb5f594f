using System.Text;
using System.Text.Encodings.Web;
using Fovea.Core.Json;
using Fovea.Evaluation.Answers.Judged;
using Fovea.Evaluation.Answers.Reading;

namespace Fovea.Evaluation.Answers.Judging;

/// <summary>What a judge is asked about one question.</summary>
/// <param name="Id">The question.</param>
/// <param name="Form">How its reply is read: the benchmark's name.</param>
/// <param name="Prompt">The user's message.</param>
/// <param name="System">The system's message; null for none.</param>
public sealed record JudgePrompt(string Id, string Form, string Prompt, string? System = null)
{
    /// <summary>Whether a reply says what the form expects: a grade, two scores, a rating, a verdict.</summary>
    public bool CanRead(string reply) => Form switch
    {
        "mmvet" => MmVetReply.Parse(reply) is not null,
        "llava-bench" => LlavaBenchReply.Parse(reply) is not null,
        "mmhal" => MmHalReply.Parse(reply) is not null,
        "hallusion" => Hallusion.HallusionReply.Parse(reply) is not null,
        _ => reply.Trim().Length > 0,
    };
}

/// <summary>What a judge said of one question; a line of the file of replies.</summary>
/// <param name="Id">The question.</param>
/// <param name="Reply">The reply; null for none that could be read.</param>
/// <param name="Error">Why there is none, in one line; null with a reply.</param>
public sealed record JudgeReply(string Id, string? Reply, string? Error);

/// <summary>Prompts and replies as JSON lines: a judge may be asked by <c>fovea eval judge</c>, or by any other means.</summary>
public static class JudgeFiles
{
    private static readonly JsonSerializerOptions Line = new(StrictJson.Line) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes prompts, <c>{"id":..,"form":..,"prompt":..,"system":..}</c>.</summary>
    public static void Write(string path, IEnumerable<JudgePrompt> prompts) => WriteLines(path, prompts);

    /// <summary>Writes replies, <c>{"id":..,"reply":..,"error":..}</c>.</summary>
    public static void Write(string path, IEnumerable<JudgeReply> replies) => WriteLines(path, replies);

    /// <summary>Reads prompts.</summary>
    /// <exception cref="InvalidInputException">It is no such file, or an id occurs twice.</exception>
    public static IReadOnlyList<JudgePrompt> ReadPrompts(string path) => [.. KeyedRecords.Read(path).Select(r =>
        new JudgePrompt(r.Id, r.Record.Text("form", ""), r.Record.Field("prompt").Text(), r.Record.OptionalText("system")))];

    private static void WriteLines<T>(string path, IEnumerable<T> lines) => AtomicFile.Write(path, stream =>
    {
        using var writer = new StreamWriter(stream, new UTF8Encoding(false), 1 << 16, leaveOpen: true) { NewLine = "\n" };
        foreach (var line in lines)
        {
            writer.WriteLine(JsonSerializer.Serialize(line, Line));
        }
    });
}
