namespace Fovea.Data.Tokenizers;

/// <summary>Brings what the files beside a vocabulary say into a tokenizer, as Transformers does after it has read the vocabulary.</summary>
internal static class TokenizerAdditions
{
    /// <summary>The definition with tokens added and the special tokens around a text as asked.</summary>
    /// <param name="definition">What the vocabulary's file says.</param>
    /// <param name="settings">What the files beside it say.</param>
    /// <param name="givenIds">Whether added tokens get the ids that the settings give (a slow tokenizer's way), or the next free ones.</param>
    public static TokenizerDefinition With(this TokenizerDefinition definition, TokenizerSettings settings, bool givenIds)
    {
        var added = definition.Added.ToList();
        var changes = new List<string>();
        if (settings.IsLlama)
        {
            definition.NameDefaults(settings);
        }

        foreach (var token in settings.Added.Concat(settings.Special.Where(s => settings.Added.TrueForAll(t => t.Content != s.Content))))
        {
            Add(token, definition.Model.Vocabulary, added, givenIds, settings.File, changes);
        }

        var (prefix, suffix) = Around(definition, settings, content =>
            added.Find(t => t.Content == content)?.Id ?? (definition.Model.Vocabulary.TryGetValue(content, out var id) ? id : null), changes);
        return Prefixed(definition, settings, changes) with
        {
            Added = added,
            Prefix = prefix,
            Suffix = suffix,
            CleansUp = settings.CleansUp,
            Changes = string.Join('\n', [definition.Changes, .. changes]).Trim('\n'),
        };
    }

    /// <summary>Names LLaMA's special tokens as its class does where no file names them.</summary>
    public static void NameDefaults(this TokenizerDefinition definition, TokenizerSettings settings)
    {
        foreach (var (name, token) in ((string, string)[])[("unk_token", "<unk>"), ("bos_token", "<s>"), ("eos_token", "</s>")])
        {
            _ = definition.Model.Vocabulary.ContainsKey(token) && settings.Named.TryAdd(name, token);
        }
    }

    private static void Add(AddedToken token, Dictionary<string, int> vocabulary, List<AddedToken> added, bool givenIds, string file, List<string> changes)
    {
        var at = added.FindIndex(t => t.Content == token.Content);
        if (at >= 0)
        {
            Agree(added[at].Id);
            if (token.Special && !added[at].Special)
            {
                added[at] = added[at] with { Special = true };       // as the library: special from now on, its other flags stay
            }

            return;
        }

        var next = Math.Max(vocabulary.Count, added.Select(t => t.Id + 1).DefaultIfEmpty(0).Max());
        var id = vocabulary.TryGetValue(token.Content, out var known) ? known : givenIds && token.Id >= 0 ? token.Id : next;
        Agree(id);
        if (added.Find(t => t.Id == id) is { } other)
        {
            throw new InvalidInputException(file, null,
                $"the id {id} is given to \"{Quoted.Shorten(token.Content)}\", but \"{Quoted.Shorten(other.Content)}\" has it");
        }

        added.Add(token with { Id = id });
        changes.Add($"added {id} {token with { Id = id }}");

        void Agree(int has)
        {
            if (token.Id >= 0 && token.Id != has)
            {
                throw new InvalidInputException(file, null, $"added token \"{Quoted.Shorten(token.Content)}\": expected the id {token.Id}, but the vocabulary "
                    + $"gives it {has}; the files do not belong together");
            }
        }
    }

    private static (IReadOnlyList<int> Prefix, IReadOnlyList<int> Suffix) Around(
        TokenizerDefinition definition, TokenizerSettings settings, Func<string, int?> idOf, List<string> changes)
    {
        var prefix = Side(settings.AddBos ?? (settings.IsLlama ? true : null), "bos_token", "add_bos_token", definition.Prefix);
        var suffix = Side(settings.AddEos ?? (settings.IsLlama ? false : null), "eos_token", "add_eos_token", definition.Suffix);
        if (!prefix.SequenceEqual(definition.Prefix) || !suffix.SequenceEqual(definition.Suffix))
        {
            changes.Add($"around {string.Join(',', prefix)} {string.Join(',', suffix)}");
        }

        return (prefix, suffix);

        IReadOnlyList<int> Side(bool? asked, string name, string flag, IReadOnlyList<int> asRead) => asked switch
        {
            null => asRead,
            false => [],
            true => settings.Named.TryGetValue(name, out var token) && idOf(token) is { } id ? [id]
                : (flag == "add_bos_token" ? settings.AddBos : settings.AddEos) is null ? asRead
                : throw new InvalidInputException(settings.File, null, $"{flag} is asked for, but {name} "
                    + $"is {(settings.Named.TryGetValue(name, out var t) ? $"\"{t}\", which is not in the vocabulary" : "not named")}"),
        };
    }

    /// <summary>
    /// The blank before a text is the settings' to decide, as far as Transformers obeys them: LLaMA's classes make all steps anew, GPT-2's
    /// set the first step of a byte-level tokenizer. Elsewhere Transformers passes the key over; files that contradict each other are refused.
    /// </summary>
    private static TokenizerDefinition Prefixed(TokenizerDefinition definition, TokenizerSettings settings, List<string> changes)
    {
        var bytes = definition.Words is [PrefixSpaceStep, ..];
        var blanks = definition.Normalizers.Any(PrependsBlank) || definition.Words.Any(w => w is MetaspaceStep { Scheme: not PrependScheme.Never });
        if (settings.AddPrefixSpace is not { } asked || asked == (bytes || blanks) || definition.Normalizers is [SentencePieceStep])
        {
            return definition;
        }

        var isGpt = settings.Class is "GPT2Tokenizer" or "GPT2TokenizerFast";
        if (asked ? !isGpt : blanks && !settings.IsLlama)
        {
            throw new InvalidInputException(settings.File, null, $"add_prefix_space: {(asked ? "true" : "false")}, but the tokenizer's own file puts "
                + $"{(asked ? "no" : "a")} blank before a text; make the files agree");
        }

        changes.Add($"prefix space {asked}");
        if (asked)
        {
            return definition with { Words = [new PrefixSpaceStep(), .. definition.Words] };
        }

        return definition with
        {
            Normalizers = [.. definition.Normalizers.Where(n => !PrependsBlank(n))],
            Words = [.. definition.Words.Skip(bytes ? 1 : 0).Select(w => w is MetaspaceStep m ? m with { Scheme = PrependScheme.Never } : w)],
            Decoder = blanks && definition.Decoder is { } steps
                ? [.. steps.Where(d => d is not DecodeStrip { Content: ' ' }).Select(d => d is DecodeMetaspace m ? m with { WasPrepended = false } : d)]
                : definition.Decoder,
        };
    }

    private static bool PrependsBlank(TextStep step) => step is PrependStep { Prefix: " " or "\u2581" };
}
