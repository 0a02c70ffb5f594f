using Fovea.Core.Json;

namespace Fovea.Data.Templates;

/// <summary>
/// The chat template that a checkpoint brings along as Jinja. It is not run: it is recognised by the SHA-256 of its text, line ends
/// as <c>\n</c> and those at the end left out (docs/decisions/0009-jinja-by-hash.md).
/// </summary>
/// <param name="File">The file that holds it.</param>
/// <param name="Sha256">Of the normalised text, lower-case hex.</param>
/// <param name="Name">The template of ours that writes the same text for every conversation; null if none is known to.</param>
public sealed record CheckpointTemplate(string File, string Sha256, string? Name)
{
    /// <summary>
    /// The template of a model's or tokenizer's folder, looked for where Transformers looks: <c>chat_template.jinja</c>, <c>chat_template.json</c>, then
    /// <c>tokenizer_config.json</c> (of several named ones, <c>default</c>). Null if there is none.
    /// </summary>
    /// <exception cref="InvalidInputException">A file is malformed.</exception>
    public static CheckpointTemplate? Find(string folder)
    {
        var jinja = Path.Combine(folder, "chat_template.jinja");
        if (System.IO.File.Exists(jinja))
        {
            return Recognise(jinja, ReadText(jinja));
        }

        foreach (var file in (string[])["chat_template.json", "tokenizer_config.json"])
        {
            var path = Path.Combine(folder, file);
            if (System.IO.File.Exists(path) && ForeignJson.Open(path).Optional("chat_template") is { } field)
            {
                return Recognise(path, DefaultOf(field));
            }
        }

        return null;
    }

    /// <summary>Our template in its place.</summary>
    /// <exception cref="InvalidInputException">None is known to.</exception>
    public ChatTemplate Require() => ChatTemplate.ByName(Name ?? throw new InvalidInputException(File, null,
        $"its chat template (SHA-256 {Sha256}) is none of those known; name one with --template ({string.Join(", ", ChatTemplate.Names)}), or as 'template' in "
            + $"a configuration"));

    private static CheckpointTemplate Recognise(string file, string text)
    {
        var sha256 = ContentHash.OfText(text.Replace("\r\n", "\n", StringComparison.Ordinal).TrimEnd('\n'));
        return new CheckpointTemplate(file, sha256, KnownName(sha256));
    }

    private static string? KnownName(string sha256) => sha256 switch
    {
        "55b2f4a26ac9ee719330a61a0c39d9e538b0e9322212f048326318cff4f8674a" => "chatml", // Qwen2.5
        "cafb64e0e9e5fd2503054b3479593fae39cbdfd52338ce8af9bb4664a8eb05bd" => "mistral_instruct", // Mistral-7B-Instruct-v0.3
        "6fef09c05345e88b9f85e80bcb3491003332050750586568bdf91cfa81965d0c" => "llava_hf", // llava-1.5-7b-hf
        "c3b06bbc12c8db4e97c7ab24b6fa111806a18102b1dbcebef6fac6378754c8a1" => "llava_v1", // these three: the tiny checkpoints of the reference values
        "a4b8e3482e2a1d932a51d2da5a2b05cede5731a63054d9034d696494bbb8eac7" => "chatml",
        "d69fe15fdd4ed47ab5fb83e877a5a62edc154fd19c98d4361d90dbea29ff4bce" => "mistral_instruct",
        _ => null,
    };

    private static string DefaultOf(ForeignJson field)
    {
        if (field.Element.ValueKind != JsonValueKind.Array)
        {
            return field.Text();
        }

        return field.Items().FirstOrDefault(t => t.Field("name").Text() == "default")?.Field("template").Text()
            ?? throw field.Expected("a template named \"default\" among several");
    }

    private static string ReadText(string path)
    {
        try
        {
            return RegularFile.ReadAllText(path, RegularFile.MaxJson);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException(path, null, $"cannot be read: {e.Message}", e);
        }
    }
}
