namespace Fovea.Data.Tokenizers;

/// <summary>Makes a tokenizer of whichever files there are, and its fingerprint.</summary>
internal static class TokenizerLoader
{
    public static Tokenizer Folder(string folder)
    {
        var found = DecisiveFiles.Vocabularies.FirstOrDefault(f => File.Exists(Path.Combine(folder, f)))
            ?? throw new InvalidInputException(Path.Combine(folder, DecisiveFiles.Vocabularies[0]), null,
                "not found; a tokenizer is read from tokenizer.json, tokenizer.model, or vocab.json with merges.txt");
        var (path, settings) = (Path.Combine(folder, found), TokenizerSettings.Load(folder));
        return Path.GetExtension(found) == ".model" ? SentencePiece(path, settings)
            : found.StartsWith("vocab", StringComparison.Ordinal) ? Vocabulary(path, Path.Combine(folder, "merges.txt"), settings)
            : Json(path, settings);
    }

    public static Tokenizer Json(string path, TokenizerSettings settings)
    {
        var definition = TokenizerJsonReader.Load(path);
        CheckIds(definition, path);
        return Make(definition.With(settings, givenIds: false), path, settings);
    }

    public static Tokenizer SentencePiece(string path, TokenizerSettings settings)
    {
        var definition = SentencePieceReader.Load(path, settings.AddPrefixSpace ?? true, settings.Legacy);
        definition.NameDefaults(settings);
        var around =
            definition with { Prefix = settings.Named.TryGetValue("bos_token", out var bos) && definition.Model.Vocabulary.TryGetValue(bos, out var id) ? [id] : [] };
        var changes = $"{(settings.Legacy ? "" : "not legacy\n")}{(settings.AddPrefixSpace == false ? "no prefix space\n" : "")}";
        var full = (around with { Changes = changes.Trim('\n') }).With(settings, givenIds: true);
        return Make(full with { Added = [.. full.Added.Select(t => t with { Normalized = false })] }, path,
            settings);      // a slow tokenizer looks for all in the unchanged text
    }

    public static Tokenizer Vocabulary(string vocab, string merges, TokenizerSettings settings)
    {
        var definition = VocabularyReader.Load(vocab, merges, settings);
        return Make((definition with { Changes = $"merges {ContentHash.OfFile(merges)}\nnormalizers {definition.Normalizers.Count}" }).With(settings,
            givenIds: true), vocab, settings);
    }

    /// <summary>
    /// The tokenizers library takes an added token's id from the vocabulary, or the next free one, whatever its file says: say so rather than differ.
    /// </summary>
    private static void CheckIds(TokenizerDefinition definition, string path)
    {
        var next = definition.Model.Vocabulary.Count;
        foreach (var token in definition.Added)
        {
            var id = definition.Model.Vocabulary.TryGetValue(token.Content, out var known) ? known : next;
            if (token.Id != id)
            {
                throw new InvalidInputException(path, null, $"added token \"{Quoted.Shorten(token.Content)}\": the file says id {token.Id}, but Transformers "
                    + $"would give it {id} ({(known == id ? "the vocabulary's" : "the next free one")}); correct the file");
            }

            next = Math.Max(next, id + 1);
        }
    }

    private static Tokenizer Make(TokenizerDefinition definition, string path, TokenizerSettings settings)
    {
        var ids = definition.Model.Vocabulary.Values.Concat(definition.Added.Select(t => t.Id)).ToHashSet();
        foreach (var id in definition.Prefix.Concat(definition.Suffix).Where(id => !ids.Contains(id)))
        {
            throw new InvalidInputException(path, null, $"the special token with id {id}, which is put around a text, is not in the vocabulary");
        }

        var hash = ContentHash.OfFile(path);
        return new Tokenizer(definition, path, definition.Changes.Length == 0 ? hash : ContentHash.OfText($"{hash}\n{definition.Changes}"), settings.Named);
    }
}
