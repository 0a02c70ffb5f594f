namespace Fovea.Models.Batching;

/// <summary>Cuts samples into batches of like length.</summary>
public static class TokenBudget
{
    /// <summary>
    /// Batches of indices into <paramref name="lengths"/>, by length and then by index, each of at most <paramref name="budget"/> tokens with its padding;
    /// a sample longer than the budget is a batch of its own. Depends on nothing else.
    /// </summary>
    public static List<int[]> Plan(IReadOnlyList<int> lengths, int budget)
    {
        var batches = new List<int[]>();
        var open = new List<int>();
        foreach (var i in Enumerable.Range(0, lengths.Count).OrderBy(i => lengths[i]).ThenBy(i => i))
        {
            if (open.Count > 0 && (long)(open.Count + 1) * lengths[i] > budget)
            {
                batches.Add([.. open]);
                open.Clear();
            }

            open.Add(i);
        }

        if (open.Count > 0)
        {
            batches.Add([.. open]);
        }

        return batches;
    }
}
