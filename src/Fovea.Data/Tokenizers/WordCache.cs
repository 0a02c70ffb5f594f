using System.Collections.Concurrent;

namespace Fovea.Data.Tokenizers;

/// <summary>The pieces of short words that were seen before: most of a text is. Keeps a bounded number; thread-safe.</summary>
internal sealed class WordCache
{
    private const int LongestWord = 32;
    private const int MostWords = 1 << 16;

    private readonly ConcurrentDictionary<string, Piece[]> _words = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Piece[]>.AlternateLookup<ReadOnlySpan<char>> _lookup;
    private int _count;

    public WordCache() => _lookup = _words.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Whether words of that length are kept.</summary>
    public static bool Takes(int length) => length <= LongestWord;

    public Piece[]? Find(ReadOnlySpan<char> word) => Takes(word.Length) && _lookup.TryGetValue(word, out var pieces) ? pieces : null;

    /// <summary>Keeps a word's pieces while there is room, and returns them.</summary>
    public Piece[] Add(ReadOnlySpan<char> word, Piece[] pieces)
    {
        if (Volatile.Read(ref _count) < MostWords && _lookup.TryAdd(word, pieces))
        {
            Interlocked.Increment(ref _count);
        }

        return pieces;
    }
}
