using Fovea.Core.Randomness;
using Fovea.Torch;
using static TorchSharp.torch;

namespace Fovea.Models.Generation;

/// <summary>What changes scores <c>[rows, vocab]</c> before an id is chosen, in the order and with the edge cases of Transformers.</summary>
internal static class ScoreRules
{
    /// <summary>Divides positive and multiplies negative scores of the ids that a row holds (arXiv 1909.05858); the caller owns the result.</summary>
    public static Tensor Penalize(Tensor scores, IReadOnlyList<IReadOnlyCollection<int>> held, double penalty)
    {
        using var scope = NewDisposeScope();
        var width = held.Max(ids => ids.Count);
        var index = new long[held.Count * width];
        for (var row = 0; row < held.Count; row++)
        {
            // Rows with fewer ids repeat their last one: what is written twice is the same value.
            long last = 0;
            using var ids = held[row].GetEnumerator();
            for (var i = 0; i < width; i++)
            {
                last = ids.MoveNext() ? ids.Current : last;
                index[(row * width) + i] = last;
            }
        }

        var places = tensor(index, [held.Count, width], device: scores.device);
        var old = scores.gather(1, places); // [rows, width]
        var factor = tensor((float)penalty, device: scores.device);
        return scores.scatter(1, places, where(old.IsNegative(), old * factor, old / factor)).MoveToOuterDisposeScope();
    }

    /// <summary>Probabilities after temperature, top-k and top-p: <c>[rows, vocab]</c>; 0 where an id is out. The caller owns them.</summary>
    public static Tensor Probabilities(Tensor scores, SamplingOptions options)
    {
        using var scope = NewDisposeScope();
        var infinity = tensor(float.NegativeInfinity, device: scores.device);
        if (options.Temperature != 1)
        {
            scores = scores / tensor((float)options.Temperature, device: scores.device);
        }

        if (options.TopK is { } k && k < scores.shape[1])
        {
            var (best, _) = scores.topk(k, 1); // [rows, k], descending
            scores = where(scores < best.narrow(1, k - 1, 1), infinity, scores);
        }

        if (options.TopP < 1)
        {
            var (ascending, order) = scores.sort(1);
            var below = ascending.softmax(1).cumsum(1).le(tensor((float)(1 - options.TopP), device: scores.device)); // [rows, vocab]
            var last = below.narrow(1, below.shape[1] - 1, 1);
            last.copy_(zeros_like(last)); // the best id always stays
            scores = where(below.scatter(1, order, below), infinity, scores);
        }

        return scores.softmax(1).MoveToOuterDisposeScope();
    }

    /// <summary>Draws an id for each row from its own stream, by the inverse of the cumulative distribution.</summary>
    /// <param name="probabilities"><c>[rows, vocab]</c>, float32; need not sum to 1 exactly.</param>
    /// <param name="draws">One stream per row.</param>
    public static long[] Draw(Tensor probabilities, IReadOnlyList<RandomSource> draws)
    {
        using var local = probabilities.contiguous().cpu();
        var vocab = (int)local.shape[1];
        var ids = new long[draws.Count];
        for (var row = 0; row < ids.Length; row++)
        {
            var weights = TensorBytes.Elements<float>(local, (long)row * vocab, vocab);
            double total = 0;
            foreach (var weight in weights)
            {
                total += weight;
            }

            var left = draws[row].NextDouble() * total;
            for (var id = 0; id < vocab; id++)
            {
                if (weights[id] > 0)
                {
                    // Rounding may leave a rest behind the last: then the last possible id it is.
                    ids[row] = id;
                    left -= weights[id];
                    if (left < 0)
                    {
                        break;
                    }
                }
            }
        }

        return ids;
    }
}
