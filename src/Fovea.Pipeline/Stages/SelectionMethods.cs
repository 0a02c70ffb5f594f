using System.Text.Json;
using Fovea.Core.Errors;

namespace Fovea.Pipeline.Stages;

/// <summary>Methods of selection as the command line names them.</summary>
public static class SelectionMethods
{
    /// <summary>Those that have a threshold in per cent.</summary>
    public static IReadOnlyList<SelectionMethod> Thresholded { get; } =
        [SelectionMethod.Vig, SelectionMethod.VigSamples, SelectionMethod.VigTokens, SelectionMethod.RandomTokens, SelectionMethod.RandomSamples, SelectionMethod.ExcessLoss];

    /// <summary>Those whose threshold acts on tokens by VIG.</summary>
    public static IReadOnlyList<SelectionMethod> OnTokens { get; } = [SelectionMethod.Vig, SelectionMethod.VigTokens, SelectionMethod.RandomTokens];

    /// <summary>The names of all.</summary>
    public static IReadOnlyList<string> Known { get; } = [.. Enum.GetValues<SelectionMethod>().Select(NameOf)];

    /// <summary>A method's name on the command line.</summary>
    public static string NameOf(SelectionMethod method) => method switch
    {
        SelectionMethod.VigSamples => "sample-only",
        SelectionMethod.VigTokens => "token-only",
        _ => JsonNamingPolicy.KebabCaseLower.ConvertName(method.ToString()),
    };

    /// <summary>"prior*vig": each of them, with or without dashes, or by the names that say where the threshold acts.</summary>
    /// <exception cref="UsageException">One is not known.</exception>
    public static SelectionMethod[] Parse(string text) => Array.ConvertAll(text.Split('*'), name =>
    {
        var plain = name.Trim().Replace("-", "", StringComparison.Ordinal).Replace("_", "", StringComparison.Ordinal);
        plain = plain switch { "sampleonly" => nameof(SelectionMethod.VigSamples), "tokenonly" => nameof(SelectionMethod.VigTokens), _ => plain };
        return Array.Find(Enum.GetValues<SelectionMethod>(), m => m.ToString().Equals(plain, StringComparison.OrdinalIgnoreCase)) is var found
            && found.ToString().Equals(plain, StringComparison.OrdinalIgnoreCase)
            ? found
            : throw new UsageException($"--method {Quoted.Shorten(name)}: expected one of {string.Join(", ", Known)}, or a product of them (a*b){NearestName.Hint(name, Known)}");
    });
}
