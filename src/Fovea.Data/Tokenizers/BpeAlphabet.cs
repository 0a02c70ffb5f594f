using System.Buffers;
using System.Text;

namespace Fovea.Data.Tokenizers;

/// <summary>
/// The symbols that a word consists of before anything is merged: its characters, or its bytes; for those that the vocabulary lacks their byte tokens,
/// or the unknown token.
/// </summary>
internal sealed class BpeAlphabet
{
    private readonly Dictionary<string, int> _vocabulary;
    private readonly Dictionary<int, int> _characters = [];
    private readonly int[] _ascii = new int[128];
    private readonly int[] _bytes;
    private readonly BpeOptions _options;

    /// <summary>Looks up every character that is a token.</summary>
    public BpeAlphabet(Dictionary<string, int> vocabulary, BpeOptions options)
    {
        _vocabulary = vocabulary;
        _options = options;
        foreach (var (token, id) in vocabulary)
        {
            if (token.Length is 1 or 2 && Rune.DecodeFromUtf16(token, out var rune, out var used) == OperationStatus.Done && used == token.Length)
            {
                _characters[rune.Value] = id;
            }
        }

        for (var c = 0; c < _ascii.Length; c++)
        {
            _ascii[c] = _characters.GetValueOrDefault(c, -1);
        }

        _bytes = TokenModel.ByteTokens(options.ByteFallback ? vocabulary : []);
    }

    /// <summary>Fills in the symbols of a word, linked in order, and says how many. A character takes at most three symbols for each UTF-16 unit.</summary>
    public int Split(ReadOnlySpan<char> word, Symbol[] symbols)
    {
        var (count, unknown) = (0, -1);
        Span<byte> utf8 = stackalloc byte[4];
        for (var i = 0; i < word.Length;)
        {
            Rune.DecodeFromUtf16(word[i..], out var rune, out var units);
            var (start, end) = (i, i + units);
            i = end;
            if (!_options.ByteLevel)
            {
                Take(rune, start, end, start == 0, end == word.Length, utf8);
                continue;
            }

            var length = rune.EncodeToUtf8(utf8);
            for (var b = 0; b < length; b++)
            {
                Take(new Rune(ByteAlphabet.Of(utf8[b])), start, end, start == 0 && b == 0, end == word.Length && b == length - 1, []);
            }
        }

        if (count > 0)
        {
            symbols[count - 1].Next = -1;
        }

        return count;

        void Take(Rune character, int start, int end, bool first, bool last, Span<byte> bytes)
        {
            var fuses = unknown >= 0 && _options.FuseUnknown;
            unknown = -1;
            if (IdOf(character, first, last) is >= 0 and var id)
            {
                Add(id, start, end);
            }
            else if (bytes.Length > 0 && HasBytes(bytes[..character.EncodeToUtf8(bytes)]))
            {
                foreach (var b in bytes[..character.Utf8SequenceLength])
                {
                    Add(_bytes[b], start, end);
                }
            }
            else if (_options.UnknownId is { } unknownId)
            {
                unknown = unknownId;
                if (fuses)
                {
                    symbols[count - 1].End = end;
                }
                else
                {
                    Add(unknownId, start, end);
                }
            }
        }

        void Add(int id, int start, int end)
        {
            symbols[count] = new Symbol { Id = id, Start = start, End = end, Previous = count - 1, Next = count + 1 };
            count++;
        }
    }

    private int IdOf(Rune character, bool first, bool last)
    {
        var prefix = first ? "" : _options.ContinuingPrefix;
        var suffix = last ? _options.EndSuffix : "";
        if (prefix.Length + suffix.Length > 0)
        {
            return _vocabulary.TryGetValue($"{prefix}{character}{suffix}", out var affixed) ? affixed : -1;
        }

        return character.IsAscii ? _ascii[character.Value] : _characters.GetValueOrDefault(character.Value, -1);
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
}
