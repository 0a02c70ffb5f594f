using Fovea.Core.Json;

namespace Fovea.Models.Configs;

/// <summary>Ids of the tokens added to a tokenizer, from whichever of its files holds them.</summary>
internal sealed class AddedTokenIds
{
    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);

    /// <summary>Reads <c>tokenizer.json</c>, <c>tokenizer_config.json</c> and <c>added_tokens.json</c>, as far as they are there.</summary>
    public static AddedTokenIds Read(string dir)
    {
        var added = new AddedTokenIds();
        if (Open(dir, "added_tokens.json") is { } plain)
        {
            foreach (var key in plain.Keys())
            {
                added.Set(key, plain.OptionalWholeNumber(key, 0));
            }
        }

        if (Open(dir, "tokenizer_config.json")?.OptionalObject("added_tokens_decoder") is { } decoder)
        {
            foreach (var key in decoder.ObjectKeys())
            {
                added.Set(decoder.OptionalObject(key)?.OptionalText("content"), int.TryParse(key, out var id) ? id : null);
            }
        }

        if (Open(dir, "tokenizer.json") is { } tokenizer)
        {
            foreach (var token in tokenizer.Objects("added_tokens"))
            {
                added.Set(token.OptionalText("content"), token.OptionalWholeNumber("id", 0));
            }
        }

        return added;
    }

    /// <summary>The id of a token, or null.</summary>
    public int? Find(string content) => _ids.TryGetValue(content, out var id) ? id : null;

    private static ForeignJson? Open(string dir, string name)
    {
        var file = Path.Combine(dir, name);
        return File.Exists(file) ? ForeignJson.Open(file) : null;
    }

    private void Set(string? content, int? id)
    {
        if (content is not null && id is { } number)
        {
            _ids[content] = number;
        }
    }
}
