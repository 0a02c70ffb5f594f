using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Fovea.Torch;
using static TorchSharp.torch;

namespace Fovea.Models.Kernels;

/// <summary>What a distribution over the vocabulary says of one target.</summary>
/// <param name="LogProb">In nats.</param>
/// <param name="IsTopOne">Whether no token is likelier, and none before it as likely.</param>
/// <param name="Entropy">Of the distribution, in nats; NaN unless asked for.</param>
/// <param name="Logit">Before it is normalised.</param>
internal readonly record struct TargetScore(float LogProb, bool IsTopOne, float Entropy, float Logit);

/// <summary>
/// Log-probabilities of targets, and the loss's gradient, straight from bfloat16 logits: float32 in registers only, sums in float32 in parts of 16.
/// </summary>
internal static unsafe class TargetKernel
{
    /// <summary>The score of each row's target.</summary>
    /// <param name="logits">Of any floating-point type: <c>[targets, vocab]</c>.</param>
    /// <param name="ids">Int64, within the vocabulary: <c>[targets]</c>.</param>
    /// <param name="entropy">Whether entropies are wanted.</param>
    public static TargetScore[] Scores(Tensor logits, Tensor ids, bool entropy)
    {
        if (!CpuTensor.IsReadable(logits))
        {
            return PlainScores(logits, ids, entropy);
        }

        var width = logits.shape[1];
        var targets = Targets(ids, width);
        var scores = new TargetScore[targets.Length];
        var all = CpuTensor.Bf16(logits);
        RowLoop.Run(targets.Length, 1, [MethodImpl(RowLoop.Optimized)] (first, end) =>
        {
            for (var row = first; row < end; row++)
            {
                scores[row] = Score(all + (row * width), width, targets[row], entropy);
            }
        });
        GC.KeepAlive(logits);
        return scores;
    }

    /// <summary>Turns logits into the gradient of sum_i scale_i * nll_i, in place.</summary>
    /// <param name="logits">Bfloat16 <c>[targets, vocab]</c>; becomes scale_i * (p_i - onehot_i).</param>
    /// <param name="ids">Int64, within the vocabulary: <c>[targets]</c>.</param>
    /// <param name="scales">Float32 <c>[targets]</c>.</param>
    /// <returns>The loss.</returns>
    public static double Gradient(Tensor logits, Tensor ids, Tensor scales)
    {
        if (!CpuTensor.IsReadable(logits))
        {
            return PlainGradient(logits, ids, scales);
        }

        var (factors, width) = (Values<float>(scales), logits.shape[1]);
        var targets = Targets(ids, width);
        var losses = new double[targets.Length];
        var all = CpuTensor.Bf16(logits);
        RowLoop.Run(targets.Length, 1, [MethodImpl(RowLoop.Optimized)] (first, end) =>
        {
            for (var row = first; row < end; row++)
            {
                losses[row] = factors[row] * -GradientRow(all + (row * width), width, targets[row], factors[row]);
            }
        });
        GC.KeepAlive(logits);
        return losses.Sum();
    }

    private static long[] Targets(Tensor ids, long vocab)
    {
        var all = Values<long>(ids);
        var wrong = Array.FindIndex(all, id => id < 0 || id >= vocab);
        return wrong < 0 ? all : throw new ArgumentOutOfRangeException(nameof(ids), all[wrong], $"not a token of a vocabulary of {vocab}");
    }

    [MethodImpl(RowLoop.Optimized)]
    private static TargetScore Score(ushort* row, long width, long id, bool entropy)
    {
        var top = Top(row, width);
        var shift = Vector512.Create(top);
        var (sum, moment) = (Vector512<float>.Zero, Vector512<float>.Zero);
        var j = 0L;
        for (; j + Bf16Vector.Width <= width; j += Bf16Vector.Width)
        {
            var x = Bf16Vector.Load(row + j) - shift;
            var e = Bf16Vector.Exp(x);
            sum += e;
            moment = entropy ? Vector512.FusedMultiplyAdd(e, x, moment) : moment;
        }

        var (total, first) = ((double)Vector512.Sum(sum), (double)Vector512.Sum(moment));
        for (; j < width; j++)
        {
            var x = Bf16Vector.Single(row[j]) - top;
            total += Math.Exp(x);
            first += Math.Exp(x) * x;
        }

        var own = Bf16Vector.Single(row[id]);
        var isTop = own == top && !Earlier(row, id, own);
        return new TargetScore((float)(own - top - Math.Log(total)), isTop, entropy ? (float)Math.Max(0, Math.Log(total) - (first / total)) : float.NaN, own);
    }

    [MethodImpl(RowLoop.Optimized)]
    private static double GradientRow(ushort* row, long width, long id, float scale)
    {
        var top = Top(row, width);
        var shift = Vector512.Create(top);
        var sum = Vector512<float>.Zero;
        var whole = width - (width % Bf16Vector.Width);
        for (var j = 0L; j < whole; j += Bf16Vector.Width)
        {
            sum += Bf16Vector.Exp(Bf16Vector.Load(row + j) - shift);
        }

        var total = (double)Vector512.Sum(sum);
        for (var j = whole; j < width; j++)
        {
            total += Math.Exp(Bf16Vector.Single(row[j]) - top);
        }

        var logProb = Bf16Vector.Single(row[id]) - top - Math.Log(total);
        var factor = Vector512.Create((float)(scale / total));
        for (var j = 0L; j < whole; j += Bf16Vector.Width)
        {
            Bf16Vector.Store(row + j, Bf16Vector.Exp(Bf16Vector.Load(row + j) - shift) * factor);
        }

        for (var j = whole; j < width; j++)
        {
            row[j] = Bf16Vector.Bits((float)(Math.Exp(Bf16Vector.Single(row[j]) - top) * scale / total));
        }

        row[id] = Bf16Vector.Bits((float)(scale * Math.Exp(logProb)) - scale);
        return logProb;
    }

    /// <summary>The largest number of a row.</summary>
    [MethodImpl(RowLoop.Optimized)]
    private static float Top(ushort* row, long width)
    {
        var most = Vector512.Create(float.NegativeInfinity);
        var j = 0L;
        for (; j + Bf16Vector.Width <= width; j += Bf16Vector.Width)
        {
            most = Vector512.MaxNative(most, Bf16Vector.Load(row + j));
        }

        var top = Bf16Vector.Largest(most);
        for (; j < width; j++)
        {
            top = MathF.Max(top, Bf16Vector.Single(row[j]));
        }

        return top;
    }

    private static bool Earlier(ushort* row, long id, float value)
    {
        for (var j = 0L; j < id; j++)
        {
            if (Bf16Vector.Single(row[j]) == value)
            {
                return true;
            }
        }

        return false;
    }

    private static T[] Values<T>(Tensor x)
        where T : unmanaged => TensorBytes.ToArray<T>(x);

    private static TargetScore[] PlainScores(Tensor logits, Tensor ids, bool entropy)
    {
        using var scope = NewDisposeScope();
        var all = logits.to(ScalarType.Float32).log_softmax(-1); // [targets, vocab]
        var places = ids.to(logits.device);
        var logProbs = Values<float>(all.gather(-1, places.unsqueeze(-1)).squeeze(-1));
        var own = Values<float>(logits.gather(-1, places.unsqueeze(-1)).squeeze(-1).to(ScalarType.Float32));
        var top = Values<bool>(logits.argmax(-1).eq(places));
        var spread = entropy ? Values<float>(all.exp().mul(all).sum(-1).neg().relu()) : null;
        return [.. logProbs.Select((p, i) => new TargetScore(p, top[i], spread?[i] ?? float.NaN, own[i]))];
    }

    private static double PlainGradient(Tensor logits, Tensor ids, Tensor scales)
    {
        using var scope = NewDisposeScope();
        var (all, places, factors) = (logits.to(ScalarType.Float32).log_softmax(-1), ids.to(logits.device).unsqueeze(1), scales.to(logits.device).unsqueeze(1));
        logits.copy_(all.exp().scatter_add_(1, places, ones_like(factors).neg_()).mul_(factors));
        return -(all.gather(1, places) * factors).sum().to(ScalarType.Float64).item<double>();
    }
}
