using Fovea.Core.Randomness;

namespace Fovea.Training.Examples;

/// <summary>
/// Which samples each step holds: a function of the step alone, so that a resumed run needs no cursor. Position p of the endless stream of
/// samples is the sample at place p mod n of the permutation of epoch p / n; a batch is a run of positions.
/// </summary>
/// <param name="lengths">A sort key that grows with each sample's length: <c>[n]</c>.</param>
/// <param name="seed">Of the permutations.</param>
/// <param name="batchSize">Positions per step.</param>
/// <param name="total">Positions of the whole run; the last batch is cut there.</param>
/// <param name="window">Batches among which positions are sorted by length; their order is then shuffled again.</param>
internal sealed class DataOrder(int[] lengths, long seed, int batchSize, long total, int window)
{
    private readonly Dictionary<long, int[]> _epochs = [];
    private long _windowIndex = -1;
    private int[][] _batches = [];

    /// <summary>Indices of the samples of <paramref name="step"/>, counted from 0, by length.</summary>
    public int[] Batch(long step)
    {
        var index = step / window;
        if (index != _windowIndex)
        {
            _batches = Window(index);
            _windowIndex = index;
        }

        return _batches[step % window];
    }

    private int[][] Window(long index)
    {
        var begin = index * window * batchSize;
        var end = Math.Min(begin + ((long)window * batchSize), total);
        var samples = new int[end - begin];
        for (var i = 0; i < samples.Length; i++)
        {
            samples[i] = At(begin + i);
        }

        // The sort is stable, hence ties keep the random order.
        var batches = samples.OrderBy(s => lengths[s]).Chunk(batchSize).ToArray();
        var last = batches[^1].Length < batchSize ? 1 : 0;
        var full = new RandomSource(seed, "window", index).Permutation(batches.Length - last);
        return [.. full.Select(i => batches[i]), .. batches[^last..]];
    }

    private int At(long position)
    {
        var epoch = position / lengths.Length;
        if (!_epochs.TryGetValue(epoch, out var order))
        {
            foreach (var old in _epochs.Keys.Where(e => e < epoch - 1).ToArray())
            {
                _epochs.Remove(old);
            }

            order = new RandomSource(seed, "order", epoch).Permutation(lengths.Length);
            _epochs.Add(epoch, order);
        }

        return order[position % lengths.Length];
    }
}
