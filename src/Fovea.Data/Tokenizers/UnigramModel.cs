using System.Text;

namespace Fovea.Data.Tokenizers;

/// <summary>What else a unigram model's file says. SentencePiece adds scores in single precision, the tokenizers library in double.</summary>
/// <param name="UnknownId">Id of the unknown token; null if there is none.</param>
/// <param name="FuseUnknown">Whether neighbouring unknown characters are one token.</param>
/// <param name="ByteFallback">Whether unknown characters become byte tokens.</param>
/// <param name="SinglePrecision">Whether sums of scores are rounded to f32.</param>
internal sealed record UnigramOptions(int? UnknownId, bool FuseUnknown, bool ByteFallback, bool SinglePrecision);

/// <summary>Unigram language model (Kudo 2018): of all ways to cut a word into pieces, the one of the highest sum of log-probabilities.</summary>
internal sealed class UnigramModel : TokenModel
{
    private const double UnknownPenalty = 10;

    private readonly Dictionary<(int Node, char Unit), int> _trie = [];
    private readonly List<int> _pieceAt = [-1];
    private readonly List<double> _scores = [];
    private readonly List<int> _ids = [];
    private readonly int[] _bytes;
    private readonly double _unknownScore;
    private readonly UnigramOptions _options;

    /// <summary>Makes the model.</summary>
    /// <param name="vocabulary">All tokens.</param>
    /// <param name="pieces">Those that a text is cut into, with their log-probabilities.</param>
    /// <param name="lowest">The lowest log-probability: an unknown character has 10 less.</param>
    /// <param name="options">The rest.</param>
    public UnigramModel(Dictionary<string, int> vocabulary, IEnumerable<(string Text, int Id, double Score)> pieces, double lowest,
        UnigramOptions options) : base(vocabulary)
    {
        _options = options;
        _unknownScore = lowest - UnknownPenalty;
        _bytes = ByteTokens(options.ByteFallback ? vocabulary : []);
        foreach (var (text, id, score) in pieces)
        {
            var node = 0;
            foreach (var unit in text)
            {
                if (!_trie.TryGetValue((node, unit), out var next))
                {
                    next = _pieceAt.Count;
                    _trie.Add((node, unit), next);
                    _pieceAt.Add(-1);
                }

                node = next;
            }

            _pieceAt[node] = _ids.Count;
            _ids.Add(id);
            _scores.Add(score);
        }
    }

    public override void Encode(AlignedText word, List<int> ids, List<TextSpan> spans)
    {
        if (word.Length == 0)
        {
            return;
        }

        var path = BestPath(word.Chars);
        for (var i = 0; i < path.Count; i++)
        {
            var (piece, start, end) = path[i];
            if (piece >= 0)
            {
                Add(_ids[piece], start, end);
                continue;
            }

            while (_options.FuseUnknown && i + 1 < path.Count && path[i + 1].Id < 0)
            {
                end = path[++i].End;
            }

            AddUnknown(word, start, end, Add);
        }

        void Add(int id, int start, int end)
        {
            ids.Add(id);
            spans.Add(word.Source(start, end));
        }
    }

    private void AddUnknown(AlignedText word, int start, int end, Action<int, int, int> add)
    {
        var utf8 = Encoding.UTF8.GetBytes(word.Chars[start..end].ToArray());
        if (!_options.ByteFallback || utf8.Any(b => _bytes[b] < 0))
        {
            add(_options.UnknownId ?? throw new Core.Errors.FoveaException(
                "a text has a character that the unigram vocabulary lacks, and the tokenizer's file names no unknown token (unk_id)"), start, end);
            return;
        }

        Span<byte> one = stackalloc byte[4];
        for (var i = start; i < end;)
        {
            Rune.DecodeFromUtf16(word.Chars[i..], out var rune, out var used);
            foreach (var b in one[..rune.EncodeToUtf8(one)])
            {
                add(_bytes[b], i, i + used);
            }

            i += used;
        }
    }

    /// <summary>Viterbi, left to right; of equal sums the one found first stays. Pieces are indices, -1 for an unknown character.</summary>
    private List<Piece> BestPath(ReadOnlySpan<char> word)
    {
        var best = new (double Score, int Piece, int Start)[word.Length + 1];
        Array.Fill(best, (0, -1, -1));
        for (var start = 0; start < word.Length;)
        {
            Rune.DecodeFromUtf16(word[start..], out _, out var width);
            var (node, single) = (0, false);
            for (var end = start; end < word.Length && _trie.TryGetValue((node, word[end]), out node);)
            {
                end++;
                if (_pieceAt[node] is >= 0 and var piece)
                {
                    single |= end == start + width;
                    Offer(best, start, end, piece, _scores[piece]);
                }
            }

            if (!single)
            {
                Offer(best, start, start + width, -1, _unknownScore);
            }

            start += width;
        }

        var path = new List<Piece>();
        for (var end = word.Length; end > 0; end = best[end].Start)
        {
            path.Add(new Piece(best[end].Piece, best[end].Start, end));
        }

        path.Reverse();
        return path;
    }

    private void Offer((double Score, int Piece, int Start)[] best, int start, int end, int piece, double score)
    {
        var sum = best[start].Score + score;
        sum = _options.SinglePrecision ? (float)sum : sum;
        if (best[end].Start < 0 || sum > best[end].Score)
        {
            best[end] = (sum, piece, start);
        }
    }
}
