using Fovea.Core.Errors;
using Fovea.Core.Provenance;
using Fovea.Models.Checkpoints;

namespace Fovea.Cli.Stages;

/// <summary>SHA-256 of a model folder part by part, so that a change is refused by the name of what changed.</summary>
internal static class ModelParts
{
    /// <summary>Files that hold a chat template beside those of the tokenizer.</summary>
    public static readonly string[] TemplateFiles = ["chat_template.jinja", "chat_template.json"];

    private static readonly string[] TokenizerFiles =
        ["tokenizer.json", "tokenizer.model", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.json", "merges.txt"];

    private static readonly (string Part, string[] Files)[] Named =
    [
        ("config", ["config.json"]),
        ("tokenizer", TokenizerFiles),
        ("template", TemplateFiles),
        ("image_processor", ["preprocessor_config.json", "processor_config.json"]),
    ];

    /// <summary>Hash of each part that the folder has: config, weights, tokenizer, template, image_processor.</summary>
    /// <exception cref="InvalidInputException">No model is there.</exception>
    public static IEnumerable<(string Part, string Hash)> Hash(string folder)
    {
        MissingModel.Require(folder);

        foreach (var (part, files) in Named)
        {
            if (Of(folder, files) is { } hash)
            {
                yield return (part, hash);
            }
        }

        yield return ("weights", ModelFolder.WeightsHash(folder));
    }

    /// <summary>Hash of all files of a tokenizer: those of its vocabulary, in whichever form, and those beside it that change what it does.</summary>
    /// <exception cref="InvalidInputException">None is there.</exception>
    public static string OfTokenizer(string folder) =>
        Array.Exists(["tokenizer.json", "tokenizer.model", "vocab.json"], f => File.Exists(Path.Combine(folder, f)))
            ? Of(folder, TokenizerFiles)!
            : throw new InvalidInputException(folder, null, "no tokenizer here; expected tokenizer.json, tokenizer.model, or vocab.json with merges.txt");

    /// <summary>Hash of the chat template's own files; null where there are none.</summary>
    public static string? OfTemplate(string folder) => Of(folder, TemplateFiles);

    private static string? Of(string folder, string[] files)
    {
        var there = files.Where(f => File.Exists(Path.Combine(folder, f))).ToArray();
        return there.Length == 0 ? null : ContentHash.OfText(string.Join('\n', there.Select(f => $"{f} {ContentHash.OfFile(Path.Combine(folder, f))}")));
    }
}
