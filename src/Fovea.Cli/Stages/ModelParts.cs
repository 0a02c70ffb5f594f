using Fovea.Core.Errors;
using Fovea.Core.Provenance;
using Fovea.Models.Checkpoints;

namespace Fovea.Cli.Stages;

/// <summary>SHA-256 of a model folder part by part, so that a change is refused by the name of what changed.</summary>
internal static class ModelParts
{
    private static readonly (string Part, string[] Files)[] Named =
    [
        ("config", ["config.json"]),
        ("tokenizer", ["tokenizer.json", "tokenizer.model", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.json", "merges.txt"]),
        ("template", ["chat_template.jinja", "chat_template.json"]),
        ("image_processor", ["preprocessor_config.json", "processor_config.json"]),
    ];

    /// <summary>Hash of each part that the folder has: config, weights, tokenizer, template, image_processor.</summary>
    /// <exception cref="InvalidInputException">No model is there.</exception>
    public static IEnumerable<(string Part, string Hash)> Hash(string folder)
    {
        if (!File.Exists(Path.Combine(folder, "config.json")))
        {
            throw new InvalidInputException(folder, null, "no model here (config.json is missing); give a folder in Hugging Face form");
        }

        foreach (var (part, files) in Named)
        {
            var there = files.Select(f => Path.Combine(folder, f)).Where(File.Exists).ToArray();
            if (there.Length > 0)
            {
                yield return (part, Of(there));
            }
        }

        yield return ("weights", ModelFolder.WeightsHash(folder));
    }

    private static string Of(string[] files) =>
        ContentHash.OfText(string.Join('\n', files.Select(f => $"{Path.GetFileName(f)} {ContentHash.OfFile(f)}")));
}
