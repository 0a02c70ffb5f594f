using System.Text.RegularExpressions;

namespace Fovea.Core.Json;

/// <summary>Why a file that Fovea wrote does not read as one, in a user's words: .NET's own messages name types of this program.</summary>
public static partial class JsonReason
{
    /// <summary>One clause: the key that is missing, unknown or of another type, or the first sentence of another error.</summary>
    public static string InWords(Exception error) => error is not JsonException json ? error.Message
        : Missing().Match(json.Message) is { Success: true } missing ? $"the key {missing.Groups[1].Value} is missing"
        : Unknown().Match(json.Message) is { Success: true } unknown ? $"unknown key {unknown.Groups[1].Value}"
        : json.Message.StartsWith("The JSON value could not be converted", StringComparison.Ordinal) ? $"{(json.Path is { Length: > 2 } path ? path[2..] : "the whole")} is of another type"
        : JsonText.FirstSentence(json.Message);

    [GeneratedRegex("missing required properties including: ('[^']*')")]
    private static partial Regex Missing();

    [GeneratedRegex("^The JSON property ('[^']*') could not be mapped")]
    private static partial Regex Unknown();
}
