using System.Text.Json;
using Fovea.Core.Errors;
using Fovea.Core.Provenance;
using Fovea.Data.Json;

namespace Fovea.Data.Tokenizers;

/// <summary>
/// A tokenizer as its <c>tokenizer.json</c> says, in LLaMA's and Mistral's forms: byte-pair encoding with byte fallback, added tokens, and the characters
/// that each token came from. Thread-safe.
/// </summary>
public sealed class Tokenizer
{
    private readonly TokenizerFile _file;
    private readonly AddedTokens _raw;
    private readonly AddedTokens _normalized;
    private readonly Dictionary<string, int> _ids;
    private readonly Dictionary<int, string> _tokens = [];
    private readonly HashSet<int> _special;

    private Tokenizer(TokenizerFile file, string path, string fingerprint, IReadOnlyDictionary<string, string> named)
    {
        _file = file;
        File = path;
        Fingerprint = fingerprint;
        NamedTokens = named;
        _raw = new AddedTokens(file.Added.Where(t => !t.Normalized).Select(t => (t, t.Content)));
        _normalized = new AddedTokens(file.Added.Where(t => t.Normalized).Select(t => (t, Normalize(AlignedText.Of(t.Content, 0, t.Content.Length)).Text)));
        _ids = new Dictionary<string, int>(file.Model.Vocabulary, StringComparer.Ordinal);
        foreach (var (token, id) in file.Model.Vocabulary)
        {
            _tokens[id] = token;
        }

        foreach (var token in file.Added)
        {
            _ids[token.Content] = token.Id;
            _tokens[token.Id] = token.Normalized ? Normalize(AlignedText.Of(token.Content, 0, token.Content.Length)).Text : token.Content;
        }

        _special = [.. file.Added.Where(t => t.Special).Select(t => t.Id)];
        VocabSize = _tokens.Keys.Max() + 1;
        (BosId, EosId, UnkId, PadId) = (Named("bos_token"), Named("eos_token"), Named("unk_token"), Named("pad_token"));
    }

    /// <summary>The <c>tokenizer.json</c> that was read.</summary>
    public string File { get; }

    /// <summary>SHA-256 of the bytes of <c>tokenizer.json</c>, lower-case hex.</summary>
    public string Fingerprint { get; }

    /// <summary>Largest id + 1, added tokens included.</summary>
    public int VocabSize { get; }

    /// <summary>Id of the token that begins a text; null if <c>tokenizer_config.json</c> names none that the vocabulary has.</summary>
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

    /// <summary>Reads <c>tokenizer.json</c>, and <c>tokenizer_config.json</c> where there is one, from a folder.</summary>
    /// <exception cref="InvalidInputException">A file is missing, malformed, or asks for what is not supported; the message names it.</exception>
    public static Tokenizer Load(string folder)
    {
        var path = Path.Combine(folder, "tokenizer.json");
        if (!System.IO.File.Exists(path))
        {
            throw new InvalidInputException(path, null, "not found; a tokenizer is read from tokenizer.json (a SentencePiece tokenizer.model alone is not supported)");
        }

        var config = Path.Combine(folder, "tokenizer_config.json");
        return new Tokenizer(TokenizerFile.Load(path), path, ContentHash.OfFile(path), System.IO.File.Exists(config) ? ReadNames(config) : new Dictionary<string, string>());
    }

    /// <summary>Tokenizes a text.</summary>
    /// <param name="text">Any text; special strings in it become special tokens.</param>
    /// <param name="addSpecialTokens">Whether to put what the file's post-processor asks for (<c>&lt;s&gt;</c>) around it.</param>
    public TokenSequence Encode(string text, bool addSpecialTokens)
    {
        var (ids, spans) = (new List<int>(text.Length / 3), new List<TextSpan>(text.Length / 3));
        Surround(addSpecialTokens ? _file.Prefix : []);
        foreach (var (token, start, end) in _raw.Cut(text))
        {
            if (token is not null)
            {
                ids.Add(token.Id);
                spans.Add(new TextSpan(start, end));
                continue;
            }

            EncodeStretch(Normalize(AlignedText.Of(text, start, end)), ids, spans);
        }

        Surround(addSpecialTokens ? _file.Suffix : []);
        return new TokenSequence([.. ids], [.. spans]);

        void Surround(IReadOnlyList<int> special)
        {
            ids.AddRange(special);
            spans.AddRange(special.Select(_ => TextSpan.None));
        }
    }

    /// <summary>The text of ids. Ids that the vocabulary has not are left out, as are special tokens if asked.</summary>
    public string Decode(IReadOnlyList<int> ids, bool skipSpecialTokens)
    {
        var tokens = new List<string>(ids.Count);
        foreach (var id in ids)
        {
            if (_tokens.TryGetValue(id, out var token) && !(skipSpecialTokens && _special.Contains(id)))
            {
                tokens.Add(token);
            }
        }

        return _file.Decoder is { } steps ? string.Concat(steps.Aggregate(tokens, (t, step) => step.Apply(t))) : string.Join(' ', tokens);
    }

    /// <summary>Id of a token by its exact text in the vocabulary; null if it is none.</summary>
    public int? IdOf(string token) => _ids.TryGetValue(token, out var id) ? id : null;

    /// <summary>A token as it stands in the vocabulary, e.g. <c>▁dog</c> or <c>&lt;0x0A&gt;</c>; empty for an id that the vocabulary has not.</summary>
    public string TokenText(int id) => _tokens.GetValueOrDefault(id, "");

    /// <summary>The same tokenizer with one more special token, for texts that hold a tag that it does not know.</summary>
    internal Tokenizer WithAdded(string content, int id) => new(
        _file with { Added = [.. _file.Added, new AddedToken(id, content, false, false, false, false, true)] }, File, Fingerprint, NamedTokens);

    private AlignedText Normalize(AlignedText text) => _file.Normalizers.Aggregate(text, (t, step) => step.Apply(t));

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

            var stretch = text.Slice(start, end);
            foreach (var word in _file.Metaspace?.Apply(stretch) ?? [stretch])
            {
                _file.Model.Encode(word, ids, spans);
            }
        }
    }

    private int? Named(string name) => NamedTokens.TryGetValue(name, out var token) ? IdOf(token) : null;

    private static Dictionary<string, string> ReadNames(string path)
    {
        var root = JsonFields.OpenFile(path);
        var named = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var name in (string[])["bos_token", "eos_token", "unk_token", "pad_token", "image_token"])
        {
            if (root.Optional(name) is { } token)
            {
                named[name] = token.Element.ValueKind == JsonValueKind.Object ? token.Field("content").Text() : token.Text();
            }
        }

        return named;
    }
}
