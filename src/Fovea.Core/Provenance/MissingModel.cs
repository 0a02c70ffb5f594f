using System.Text.RegularExpressions;
using Fovea.Core.Errors;

namespace Fovea.Core.Provenance;

/// <summary>What to say where a model folder was expected and none is: one wording for all commands.</summary>
public static partial class MissingModel
{
    /// <exception cref="InvalidInputException">The folder holds no <c>config.json</c>.</exception>
    public static void Require(string folder)
    {
        if (!File.Exists(Path.Combine(folder, DecisiveFiles.Config)))
        {
            throw At(folder);
        }
    }

    /// <summary>The error for a path without <c>config.json</c>: what it is instead, and what to give.</summary>
    public static InvalidInputException At(string folder) => new(folder, null, Words(folder));

    private static string Words(string folder) =>
        File.Exists(folder) ? "a file; expected a model folder in Hugging Face form"
        : Directory.Exists(folder) ? OfFolder(folder)
        : HubId().IsMatch(folder) && !Directory.Exists(folder.Split('/')[0])
            ? $"no such folder here; it looks like a Hugging Face hub id: download it first, with 'hf download {folder} --local-dir DIR' (formerly "
                + $"huggingface-cli download), and give DIR"
        : "no such folder; expected a model folder in Hugging Face form";

    private static string OfFolder(string folder) =>
        File.Exists(Path.Combine(folder, "model", DecisiveFiles.Config))
            ? $"no model here ({DecisiveFiles.Config} is missing), but there is one in its folder model: give {Path.Combine(folder, "model")}"
        : File.Exists(Path.Combine(folder, DecisiveFiles.Adapter[0]))
            ? "an adapter, no whole model; give a model folder (fovea train merges an adapter into one)"
        : Directory.EnumerateFiles(folder, "shard-*.parquet").Any() ? "a score store; expected a model folder in Hugging Face form"
        : $"no model here ({DecisiveFiles.Config} is missing); give a folder in Hugging Face form";

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9_.-]*/[A-Za-z0-9][A-Za-z0-9_.-]*$")]
    private static partial Regex HubId();
}
