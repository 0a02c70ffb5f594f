using System.Buffers;
using System.Text;

namespace Fovea.Data.Tokenizers;

/// <summary>
/// Byte-pair encoding (Sennrich et al. 2016): characters first, or bytes (GPT-2), then always the merge of lowest rank, the leftmost one first.
/// A character outside the vocabulary becomes its byte tokens, or the unknown token. Merging takes n log n steps for n characters,
/// since without a pre-tokenizer a whole text is one word.
/// </summary>
internal sealed class BpeModel : TokenModel
{
    private const char Blank = SentencePieceStep.Blank;

    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _lookup;
    private readonly BpeAlphabet _alphabet;
    private readonly BpeMerges _merges;
    private readonly BpeOptions _options;
    private readonly WordCache _cache = new();
    private readonly bool _cutsAtBlanks;

    public BpeModel(Dictionary<string, int> vocabulary, BpeMerges merges, BpeOptions options) : base(vocabulary)
    {
        _lookup = vocabulary.GetAlternateLookup<ReadOnlySpan<char>>();
        _merges = merges;
        _options = options;
        _alphabet = new BpeAlphabet(vocabulary, options);
        _cutsAtBlanks = options is { ByteLevel: false, IgnoreMerges: false, Whole: null, ContinuingPrefix: "", EndSuffix: "" }
            && vocabulary.ContainsKey(Blank.ToString()) && !merges.ReachOverBlanks(vocabulary);
    }

    public override void Encode(AlignedText word, List<int> ids, List<TextSpan> spans)
    {
        // Without a pre-tokenizer a whole text is one word. Where no merge reaches over a blank's beginning, its parts are merged
        // each by itself, and most are known.
        var from = 0;
        for (var i = 1; _cutsAtBlanks && i < word.Length; i++)
        {
            if (word.Chars[i] == Blank && word.Chars[i - 1] != Blank)
            {
                EncodeWord(word.Slice(from, i), ids, spans);
                from = i;
            }
        }

        if (from < word.Length)
        {
            EncodeWord(word.Slice(from, word.Length), ids, spans);
        }
    }

    private void EncodeWord(AlignedText word, List<int> ids, List<TextSpan> spans)
    {
        if (_cache.Find(word.Chars) is { } known)
        {
            Append(known);
            return;
        }

        var symbols = ArrayPool<Symbol>.Shared.Rent(Ascii.IsValid(word.Chars) ? word.Length : word.Length * 3);    // UTF-8 takes at most three bytes a unit
        try
        {
            if (Whole(word.Chars) is { } whole)
            {
                symbols[0] = new Symbol { Id = whole, End = word.Length, Next = -1 };
            }
            else
            {
                var split = symbols.AsSpan(0, _alphabet.Split(word.Chars, symbols));
                _merges.Apply(split);
                if (split.Length == 0)
                {
                    return;
                }
            }

            if (WordCache.Takes(word.Length))
            {
                Append(_cache.Add(word.Chars, Pieces(symbols)));
                return;
            }

            for (var i = 0; i >= 0; i = symbols[i].Next)
            {
                ids.Add(symbols[i].Id);
                spans.Add(word.Source(symbols[i].Start, symbols[i].End));
            }
        }
        finally
        {
            ArrayPool<Symbol>.Shared.Return(symbols);
        }

        void Append(Piece[] pieces)
        {
            foreach (var piece in pieces)
            {
                ids.Add(piece.Id);
                spans.Add(word.Source(piece.Start, piece.End));
            }
        }
    }

    private static Piece[] Pieces(Symbol[] symbols)
    {
        var pieces = new List<Piece>();
        for (var i = 0; i >= 0; i = symbols[i].Next)
        {
            pieces.Add(new Piece(symbols[i].Id, symbols[i].Start, symbols[i].End));
        }

        return [.. pieces];
    }

    private int? Whole(ReadOnlySpan<char> word)
    {
        if (_options.Whole is { } kept)
        {
            return kept.TryGetValue(word.ToString(), out var keptId) ? keptId : null;
        }

        if (!_options.IgnoreMerges)
        {
            return null;
        }

        var token = _options.ByteLevel ? string.Concat(Encoding.UTF8.GetBytes(word.ToArray()).Select(ByteAlphabet.Of)) : word;
        return _lookup.TryGetValue(token, out var id) ? id : null;
    }
}

/// <summary>
/// What else a BPE model's file says. Where <paramref name="ByteLevel"/>, words are cut into bytes, named by <see cref="ByteAlphabet"/>;
/// <paramref name="Whole"/> are words that are one token whatever the merges say.
/// </summary>
internal sealed record BpeOptions(
    int? UnknownId, bool FuseUnknown, bool ByteFallback, bool IgnoreMerges, bool ByteLevel = false, string ContinuingPrefix = "", string EndSuffix = "",
    IReadOnlyDictionary<string, int>? Whole = null);
