namespace Fovea.Data.Tokenizers;

/// <summary>
/// Part of a word while its parts are merged, in a list that is linked by index (-1: none). A part that has gone into its left neighbour has id -1.
/// </summary>
internal struct Symbol
{
    public int Id;
    public int Start;
    public int End;
    public int Previous;
    public int Next;
}

/// <summary>The pairs that merge: always the one of lowest rank, the leftmost of those first.</summary>
internal sealed class BpeMerges(Dictionary<(int Left, int Right), (int Rank, int Id)> pairs)
{
    private const int ShortWord = 24;

    /// <summary>Merges all that can be.</summary>
    public void Apply(Span<Symbol> symbols)
    {
        if (symbols.Length <= ShortWord)
        {
            Scan(symbols);
        }
        else
        {
            Queue(symbols);
        }
    }

    /// <summary>Whether some pair joins what ends in no blank (U+2581) with what begins with one.</summary>
    public bool ReachOverBlanks(Dictionary<string, int> vocabulary)
    {
        var (begins, ends) = (new HashSet<int>(), new HashSet<int>());
        foreach (var (token, id) in vocabulary)
        {
            _ = token.StartsWith(SentencePieceStep.Blank) && begins.Add(id);
            _ = token.EndsWith(SentencePieceStep.Blank) && ends.Add(id);
        }

        return pairs.Keys.Any(p => begins.Contains(p.Right) && !ends.Contains(p.Left));
    }

    /// <summary>For few symbols, looking at all pairs each time is faster than a queue.</summary>
    private void Scan(Span<Symbol> symbols)
    {
        Span<(int Rank, int Id)> offers = stackalloc (int, int)[ShortWord];
        for (var i = 0; i < symbols.Length; i++)
        {
            offers[i] = OfferAt(symbols, i);
        }

        while (true)
        {
            var best = -1;
            for (var i = 0; i >= 0 && symbols.Length > 0; i = symbols[i].Next)
            {
                best = offers[i].Rank < (best < 0 ? int.MaxValue : offers[best].Rank) ? i : best;
            }

            if (best < 0)
            {
                return;
            }

            Join(symbols, best, offers[best].Id);
            offers[best] = OfferAt(symbols, best);
            if (symbols[best].Previous is >= 0 and var previous)
            {
                offers[previous] = OfferAt(symbols, previous);
            }
        }
    }

    private (int Rank, int Id) OfferAt(Span<Symbol> symbols, int left) =>
        symbols[left].Next >= 0 && pairs.TryGetValue((symbols[left].Id, symbols[symbols[left].Next].Id), out var merge) ? merge : (int.MaxValue, -1);

    private void Queue(Span<Symbol> symbols)
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
            if (right < 0 || !pairs.TryGetValue((symbols[left].Id, symbols[right].Id), out var merge) || merge.Id != merged)
            {
                continue;                              // one of the two has been merged since
            }

            Join(symbols, left, merged);
            if (symbols[left].Next >= 0)
            {
                Offer(symbols, left, queue);
            }

            if (symbols[left].Previous >= 0)
            {
                Offer(symbols, symbols[left].Previous, queue);
            }
        }
    }

    private static void Join(Span<Symbol> symbols, int left, int merged)
    {
        var right = symbols[left].Next;
        symbols[left].Id = merged;
        symbols[left].End = symbols[right].End;
        symbols[left].Next = symbols[right].Next;
        symbols[right].Id = -1;
        if (symbols[left].Next >= 0)
        {
            symbols[symbols[left].Next].Previous = left;
        }
    }

    private void Offer(Span<Symbol> symbols, int left, PriorityQueue<int, long> queue)
    {
        if (pairs.TryGetValue((symbols[left].Id, symbols[symbols[left].Next].Id), out var merge))
        {
            queue.Enqueue(merge.Id, ((long)merge.Rank << 32) | (uint)left);
        }
    }
}
