using Fovea.Core.Randomness;
using Fovea.Torch;
using Fovea.Training.Objective;
using FsCheck.Xunit;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Fovea.Tests.Training;

public sealed class TokenObjectiveTests
{
    public TokenObjectiveTests() => TorchRuntime.Start(1);

    [Property(MaxTest = 50)]
    public void Omitted_weights_and_ones_give_equal_bits(int seed, byte targets, byte vocab)
    {
        using var scope = NewDisposeScope();
        var (logits, ids) = Draw(seed, targets + 1, vocab + 2);
        var count = ids.NumberOfElements;
        var omitted = TokenObjective.Loss(logits, ids, null, count);
        var ones = TokenObjective.Loss(logits, ids, from_array(Enumerable.Repeat(1f, (int)count).ToArray()), count);
        Assert.Equal(omitted.bytes.ToArray(), ones.bytes.ToArray());
    }

    [Property(MaxTest = 50)]
    public void Equal_weights_give_the_mean_cross_entropy_of_libtorch(int seed, byte targets, byte vocab)
    {
        using var scope = NewDisposeScope();
        var (logits, ids) = Draw(seed, targets + 1, vocab + 2);
        var mean = nn.functional.cross_entropy(logits, ids).ToDouble();
        Assert.Equal(mean, TokenObjective.Loss(logits, ids, null, ids.NumberOfElements).ToDouble(), 1e-6 * Math.Max(1, mean));
    }

    [Fact]
    public void The_loss_is_the_weighted_sum_over_the_weight_of_the_whole_step()
    {
        using var scope = NewDisposeScope();
        var logits = zeros(3, 4); // each nll is ln 4
        var loss = TokenObjective.Loss(logits, arange(3), tensor([0.5f, 0f, 2f]), denominator: 10);
        Assert.Equal(2.5 * Math.Log(4) / 10, loss.ToDouble(), 1e-7);
    }

    [Fact]
    public void A_token_of_weight_0_gets_no_gradient_and_gives_none()
    {
        using var scope = NewDisposeScope();
        var (logits, ids) = Draw(7, 5, 9);
        var weights = tensor([1f, 0f, 0.25f, 0f, 3f]);
        var (loss, gradient) = Gradient(logits, ids, weights);
        var perturbed = logits.clone();
        perturbed[1] += 17;
        perturbed[3] = perturbed[3] * -5;
        var (lossAfter, gradientAfter) = Gradient(perturbed, ids, weights);
        Assert.Equal(loss, lossAfter);
        Assert.Equal(gradient.bytes.ToArray(), gradientAfter.bytes.ToArray());
        Assert.Equal(0, gradient[1].abs().sum().ToDouble());
        Assert.NotEqual(0, gradient[2].abs().sum().ToDouble());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    public void A_denominator_that_is_not_positive_is_refused(double denominator)
    {
        using var scope = NewDisposeScope();
        var (logits, ids) = Draw(7, 5, 9);
        Assert.Throws<ArgumentOutOfRangeException>(() => TokenObjective.Loss(logits, ids, null, denominator));
    }

    [Fact]
    public void Misaligned_weights_are_refused()
    {
        using var scope = NewDisposeScope();
        var (logits, ids) = Draw(7, 5, 9);
        Assert.Throws<ArgumentException>(() => TokenObjective.Loss(logits, ids, ones(1), 5));
    }

    private static (double Loss, Tensor Gradient) Gradient(Tensor logits, Tensor ids, Tensor weights)
    {
        var leaf = logits.clone().requires_grad_(true);
        var loss = TokenObjective.Loss(leaf, ids, weights, 4.25);
        loss.backward();
        return (loss.ToDouble(), leaf.grad!);
    }

    private static (Tensor Logits, Tensor Ids) Draw(int seed, int targets, int vocab)
    {
        var random = new RandomSource(seed, "logits");
        var values = Enumerable.Range(0, targets * vocab).Select(_ => (float)(4 * random.NextGaussian())).ToArray();
        return (from_array(values).reshape(targets, vocab), from_array(Enumerable.Range(0, targets).Select(_ => (long)random.Next(vocab)).ToArray()));
    }
}
