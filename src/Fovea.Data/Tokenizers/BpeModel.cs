using System.Runtime.InteropServices;
using System.Text;

namespace Fovea.Data.Tokenizers;

/// <summary>
/// Byte-pair encoding with byte fallback (Sennrich et al. 2016, in SentencePiece's form): characters first, then always the merge of lowest rank,
/// the leftmost one first. Merging takes n log n steps for n characters, since without a pre-tokenizer a whole text is one word.
/// </summary>
internal sealed class BpeModel
{
    private readonly Dictionary<string, int> _vocabulary;
    private readonly Dictionary<(int Left, int Right), (int Rank, int Id)> _merges;
    private readonly Dictionary<int, int> _characters = [];
    private readonly int[] _bytes = new int[256];
    private readonly BpeOptions _options;

    /// <summary>Makes the model; <paramref name="merges"/> are in order of rank.</summary>
    public BpeModel(Dictionary<string, int> vocabulary, Dictionary<(int Left, int Right), (int Rank, int Id)> merges, BpeOptions options)
    {
        _vocabulary = vocabulary;
        _merges = merges;
        _options = options;
        foreach (var (token, id) in vocabulary)
        {
            if (Rune.DecodeFromUtf16(token, out var rune, out var used) == System.Buffers.OperationStatus.Done && used == token.Length)
            {
                _characters[rune.Value] = id;
            }
        }

        for (var b = 0; b < 256; b++)
        {
            _bytes[b] = options.ByteFallback && vocabulary.TryGetValue(ByteToken(b), out var id) ? id : -1;
        }
    }

    public IReadOnlyDictionary<string, int> Vocabulary => _vocabulary;

    /// <summary>The name of a byte's token: <c>&lt;0x0A&gt;</c>.</summary>
    public static string ByteToken(int value) => $"<0x{value:X2}>";

    /// <summary>Appends the tokens of one word.</summary>
    public void Encode(AlignedText word, List<int> ids, List<TextSpan> spans)
    {
        if (word.Text.Length == 0)
        {
            return;
        }

        if (_options.IgnoreMerges && _vocabulary.TryGetValue(word.Text, out var whole))
        {
            ids.Add(whole);
            spans.Add(word.Source(0, word.Text.Length));
            return;
        }

        var symbols = Split(word.Text);
        Merge(CollectionsMarshal.AsSpan(symbols));
        for (var i = symbols.Count == 0 ? -1 : 0; i >= 0; i = symbols[i].Next)
        {
            ids.Add(symbols[i].Id);
            spans.Add(word.Source(symbols[i].Start, symbols[i].End));
        }
    }

    private List<Symbol> Split(string text)
    {
        var symbols = new List<Symbol>(text.Length);
        var unknownOpen = false;
        Span<byte> utf8 = stackalloc byte[4];
        for (var i = 0; i < text.Length;)
        {
            Rune.DecodeFromUtf16(text.AsSpan(i), out var rune, out var units);
            var fuse = unknownOpen && _options.FuseUnknown;
            unknownOpen = false;
            if (_characters.TryGetValue(rune.Value, out var id))
            {
                Add(id, i, i + units);
            }
            else if (HasBytes(utf8[..rune.EncodeToUtf8(utf8)]))
            {
                foreach (var b in utf8[..rune.Utf8SequenceLength])
                {
                    Add(_bytes[b], i, i + units);
                }
            }
            else if (_options.UnknownId is { } unknown)
            {
                unknownOpen = true;
                if (fuse)
                {
                    CollectionsMarshal.AsSpan(symbols)[^1].End = i + units;
                }
                else
                {
                    Add(unknown, i, i + units);
                }
            }

            i += units;
        }

        if (symbols.Count > 0)
        {
            CollectionsMarshal.AsSpan(symbols)[^1].Next = -1;
        }

        return symbols;

        void Add(int id, int start, int end) => symbols.Add(new Symbol { Id = id, Start = start, End = end, Previous = symbols.Count - 1, Next = symbols.Count + 1 });
    }

    private bool HasBytes(ReadOnlySpan<byte> utf8)
    {
        foreach (var b in utf8)
        {
            if (_bytes[b] < 0)
            {
                return false;
            }
        }

        return true;
    }

    private void Merge(Span<Symbol> symbols)
    {
        var queue = new PriorityQueue<int, long>(symbols.Length);
        for (var i = 0; i + 1 < symbols.Length; i++)
        {
            Offer(symbols, i, queue);
        }

        while (queue.TryDequeue(out var merged, out var priority))
        {
            var left = (int)(priority & uint.MaxValue);
            var right = symbols[left].Id < 0 ? -1 : symbols[left].Next;
            if (right < 0 || !_merges.TryGetValue((symbols[left].Id, symbols[right].Id), out var merge) || merge.Id != merged)
            {
                continue;                              // one of the two has been merged since
            }

            symbols[left].Id = merged;
            symbols[left].End = symbols[right].End;
            symbols[left].Next = symbols[right].Next;
            symbols[right].Id = -1;
            if (symbols[left].Next >= 0)
            {
                symbols[symbols[left].Next].Previous = left;
                Offer(symbols, left, queue);
            }

            if (symbols[left].Previous >= 0)
            {
                Offer(symbols, symbols[left].Previous, queue);
            }
        }
    }

    private void Offer(Span<Symbol> symbols, int left, PriorityQueue<int, long> queue)
    {
        if (_merges.TryGetValue((symbols[left].Id, symbols[symbols[left].Next].Id), out var merge))
        {
            queue.Enqueue(merge.Id, ((long)merge.Rank << 32) | (uint)left);
        }
    }

    private struct Symbol
    {
        public int Id;
        public int Start;
        public int End;
        public int Previous;
        public int Next;
    }
}

/// <summary>What else a BPE model's file says.</summary>
internal sealed record BpeOptions(int? UnknownId, bool FuseUnknown, bool ByteFallback, bool IgnoreMerges);
