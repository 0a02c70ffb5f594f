namespace Fovea.Data.Tokenizers;

/// <summary>
/// A tokenizer as its files say and Transformers reads them: byte-pair encoding of characters or bytes, or a unigram model; added tokens;
/// and the characters that each token came from. Thread-safe.
/// </summary>
public sealed class Tokenizer
{
    private readonly TokenizerDefinition _definition;
    private readonly AddedTokens _raw;
    private readonly AddedTokens _normalized;
    private readonly Dictionary<string, int> _ids;
    private readonly Dictionary<int, string> _tokens = [];
    private readonly HashSet<int> _special;

    internal Tokenizer(TokenizerDefinition definition, string path, string fingerprint, IReadOnlyDictionary<string, string> named)
    {
        _definition = definition;
        File = path;
        Fingerprint = fingerprint;
        NamedTokens = named;
        _raw = new AddedTokens(definition.Added.Where(t => !t.Normalized).Select(t => (t, t.Content)));
        _normalized = new AddedTokens(definition.Added.Where(t => t.Normalized).Select(t => (t, Normalized(t.Content))));
        _ids = new Dictionary<string, int>(definition.Model.Vocabulary, StringComparer.Ordinal);
        foreach (var (token, id) in definition.Model.Vocabulary)
        {
            _tokens[id] = token;
        }

        foreach (var token in definition.Added)
        {
            _ids[token.Content] = token.Id;
            _tokens[token.Id] = token.Normalized ? Normalized(token.Content) : token.Content;
        }

        _special = [.. definition.Added.Where(t => t.Special).Select(t => t.Id)];
        VocabSize = _tokens.Keys.Max() + 1;
        (BosId, EosId, UnkId, PadId) = (Named("bos_token"), Named("eos_token"), Named("unk_token"), Named("pad_token"));
    }

    /// <summary>The file that the vocabulary was read from: <c>tokenizer.json</c>, <c>tokenizer.model</c> or <c>vocab.json</c>.</summary>
    public string File { get; }

    /// <summary>
    /// SHA-256, lower-case hex, of the bytes of <see cref="File"/>; where other files change what it does (merges, added tokens, special tokens around a text),
    /// of that hash and the changes.
    /// </summary>
    public string Fingerprint { get; }

    /// <summary>Largest id + 1, added tokens included.</summary>
    public int VocabSize { get; }

    /// <summary>Largest id + 1 of the vocabulary itself, without tokens that were added to it.</summary>
    public int BaseVocabSize => _definition.Model.Vocabulary.Values.Max() + 1;

    /// <summary>Id of the token that begins a text; null if none that the vocabulary has is named.</summary>
    public int? BosId { get; }

    /// <summary>Id of the token that ends a text; null if none is named.</summary>
    public int? EosId { get; }

    /// <summary>Id of the unknown token; null if none is named.</summary>
    public int? UnkId { get; }

    /// <summary>Id of padding; null if none is named.</summary>
    public int? PadId { get; }

    /// <summary>Ids of the special tokens: those that <see cref="Decode"/> leaves out when asked to.</summary>
    public IReadOnlySet<int> SpecialIds => _special;

    /// <summary>What <c>tokenizer_config.json</c> names: <c>bos_token</c>, <c>image_token</c>, ... -> the token.</summary>
    public IReadOnlyDictionary<string, string> NamedTokens { get; }

    /// <summary>
    /// Reads a tokenizer from a folder in Hugging Face form: <c>tokenizer.json</c>, else <c>tokenizer.model</c> (SentencePiece), else <c>vocab.json</c> and
    /// <c>merges.txt</c>; with <c>tokenizer_config.json</c>, <c>special_tokens_map.json</c> and <c>added_tokens.json</c> where they are.
    /// </summary>
    /// <exception cref="InvalidInputException">A file is missing, malformed, or asks for what is not supported; the message names it.</exception>
    public static Tokenizer Load(string folder) => TokenizerLoader.Folder(folder);

    /// <summary>Reads one file of the form of <c>tokenizer.json</c>, whatever its name, without looking at other files.</summary>
    /// <exception cref="InvalidInputException">The file is missing, malformed, or asks for what is not supported.</exception>
    public static Tokenizer LoadJson(string path) => TokenizerLoader.Json(path, new TokenizerSettings { File = path });

    /// <summary>
    /// Reads one SentencePiece model, whatever its name, without looking at other files: <c>&lt;s&gt;</c> begins a text, control tokens in it are found.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="legacy">Whether each stretch between control tokens gets a leading blank, and not only the text's start.</param>
    /// <exception cref="InvalidInputException">The file is missing, malformed, or asks for what is not supported.</exception>
    public static Tokenizer LoadSentencePiece(string path, bool legacy) =>
        TokenizerLoader.SentencePiece(path, new TokenizerSettings { File = path, Legacy = legacy });

    /// <summary>Whether it was read from a SentencePiece model, whose readers treat the texts between images as texts of their own.</summary>
    public bool IsSentencePieceModel => _definition.Normalizers is [SentencePieceStep];

    /// <summary>Tokenizes a text.</summary>
    /// <param name="text">Any text; special strings in it become special tokens, half of a surrogate pair is read as U+FFFD.</param>
    /// <param name="addSpecialTokens">Whether to put what the files ask for (<c>&lt;s&gt;</c>) around it.</param>
    public TokenSequence Encode(string text, bool addSpecialTokens)
    {
        var (ids, spans) = (new List<int>(text.Length / 3), new List<TextSpan>(text.Length / 3));
        text = WellFormed(text);
        var budget = new GrowthBudget(text.Length, File);
        Surround(addSpecialTokens ? _definition.Prefix : []);
        foreach (var (token, start, end) in _raw.Cut(text))
        {
            if (token is not null)
            {
                ids.Add(token.Id);
                spans.Add(new TextSpan(start, end));
                continue;
            }

            EncodeStretch(_definition.Normalize(AlignedText.Of(text, start, end, budget)), ids, spans);
        }

        Surround(addSpecialTokens ? _definition.Suffix : []);
        return new TokenSequence([.. ids], [.. spans]);

        void Surround(IReadOnlyList<int> special)
        {
            ids.AddRange(special);
            spans.AddRange(special.Select(_ => TextSpan.None));
        }
    }

    /// <summary>The text of ids. Ids that the vocabulary does not have are left out, as are special tokens on request.</summary>
    public string Decode(IReadOnlyList<int> ids, bool skipSpecialTokens) =>
        _definition.CleansUp ? CleanUp.Apply(DecodeRaw(ids, skipSpecialTokens)) : DecodeRaw(ids, skipSpecialTokens);

    /// <summary>Decodes a text whose ids come one by one.</summary>
    public DecodeStream DecodeStream(bool skipSpecialTokens) => new(this, skipSpecialTokens, _definition.CleansUp);

    /// <summary>Id of a token by its exact text in the vocabulary; null if there is none.</summary>
    public int? IdOf(string token) => _ids.TryGetValue(token, out var id) ? id : null;

    /// <summary>A token as the vocabulary writes it, e.g. <c>▁dog</c> or <c>&lt;0x0A&gt;</c>; empty for an id that the vocabulary does not have.</summary>
    public string TokenText(int id) => _tokens.GetValueOrDefault(id, "");

    /// <summary>The text of ids before it is cleaned up.</summary>
    internal string DecodeRaw(IReadOnlyList<int> ids, bool skipSpecialTokens)
    {
        var tokens = new List<string>(ids.Count);
        foreach (var id in ids)
        {
            if (_tokens.TryGetValue(id, out var token) && !(skipSpecialTokens && _special.Contains(id)) && !_definition.NeverDecoded.Contains(id))
            {
                tokens.Add(token);
            }
        }

        return _definition.Decoder is { } steps ? string.Concat(steps.Aggregate(tokens, (t, step) => step.Apply(t))) : string.Join(' ', tokens);
    }

    /// <summary>The same tokenizer with one more special token, for texts that hold a tag that it does not know.</summary>
    internal Tokenizer WithAdded(string content, int id) => new(
        _definition with { Added = [.. _definition.Added, new AddedToken(id, content, false, false, false, false, true)] }, File, Fingerprint, NamedTokens);

    private static string WellFormed(string text)
    {
        if (!text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF'))
        {
            return text;
        }

        return string.Create(text.Length, text, (units, from) =>
        {
            for (var i = 0; i < units.Length; i++)
            {
                var high = char.IsHighSurrogate(from[i]) && i + 1 < from.Length && char.IsLowSurrogate(from[i + 1]);
                var low = char.IsLowSurrogate(from[i]) && i > 0 && char.IsHighSurrogate(from[i - 1]);
                units[i] = char.IsSurrogate(from[i]) && !high && !low ? '\uFFFD' : from[i];
            }
        });
    }

    private string Normalized(string content) => _definition.Normalize(AlignedText.Of(content, 0, content.Length, new GrowthBudget(content.Length, File))).Text;

    private void EncodeStretch(AlignedText text, List<int> ids, List<TextSpan> spans)
    {
        foreach (var (token, start, end) in _normalized.Cut(text.Text))
        {
            if (token is not null)
            {
                ids.Add(token.Id);
                spans.Add(text.Source(start, end));
                continue;
            }

            EncodeWords(text.Slice(start, end), 0, ids, spans);
        }
    }

    private void EncodeWords(AlignedText text, int step, List<int> ids, List<TextSpan> spans)
    {
        if (step == _definition.Words.Count)
        {
            _definition.Model.Encode(text, ids, spans);
            return;
        }

        foreach (var word in _definition.Words[step].Apply(text))
        {
            EncodeWords(word, step + 1, ids, spans);
        }
    }

    private int? Named(string name) => NamedTokens.TryGetValue(name, out var token) ? IdOf(token) : null;
}
