using System.Runtime.Intrinsics;
using Fovea.Models.Kernels;
using Fovea.Torch;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Fovea.Tests.Models;

/// <summary>Each kernel gives what libtorch's operators give in float64 on the same bfloat16 numbers, up to one rounding to bfloat16.</summary>
public sealed class KernelTests : IDisposable
{
    // Half a unit in the last of bfloat16's eight bits, and float32 sums.
    private const double Rounding = (1.0 / 256) + 1e-4;

    private readonly Generator _generator = new(11);

    public KernelTests() => TorchRuntime.Start(2);

    public void Dispose() => _generator.Dispose();

    [Fact]
    public unsafe void Exponentials_are_near_those_of_float64_and_fall_to_zero()
    {
        float* x = stackalloc float[16], y = stackalloc float[16];
        for (var start = -86.9; start < 60; start += 1.37)
        {
            for (var i = 0; i < 16; i++)
            {
                x[i] = (float)(start + (i * 0.08));
            }

            Vector512.Store(Bf16Vector.Exp(Vector512.Load(x)), y);
            for (var i = 0; i < 16; i++)
            {
                var expected = Math.Exp(x[i]);
                Assert.InRange(y[i] / expected, 1 - 1e-5, 1 + 1e-5);
                Assert.True(Math.Abs(x[i]) > 4 || Math.Abs((y[i] / expected) - 1) < 6e-7, $"e^{x[i]} is {y[i]}");
            }
        }

        Assert.Equal(0, Bf16Vector.Exp(Vector512.Create(-88f)).GetElement(0));
        Assert.Equal(0, Bf16Vector.Exp(Vector512.Create(float.NegativeInfinity)).GetElement(3));
        Assert.True(float.IsNaN(Bf16Vector.Exp(Vector512.Create(float.NaN)).GetElement(5)));
        Assert.InRange(Bf16Vector.Sigmoid(Vector512.Create(-3f)).GetElement(0), 0.0474258, 0.0474259);
    }

    [Fact]
    public unsafe void Rounding_to_bfloat16_is_libtorchs()
    {
        using var scope = NewDisposeScope();
        var x = cat([randn(1000, generator: _generator),
            tensor((float[])[0f, -0f, 1.00390625f, 1.01171875f, 3.4e38f, float.PositiveInfinity, 1e-40f, float.NaN, 65535, 7, 8, 9, 10, 11])]);
        var expected = x.to(ScalarType.BFloat16);
        var found = empty(x.numel() + 2, ScalarType.BFloat16).narrow(0, 0, 1008);
        for (var i = 0; i < 1008; i += 16)
        {
            Bf16Vector.Store(CpuTensor.Bf16(found) + i, Vector512.Load(CpuTensor.Pointer<float>(x) + i));
        }

        Assert.True(expected.narrow(0, 0, 1008).eq(found).logical_or(found.isnan()).all().item<bool>());
        Assert.All(Enumerable.Range(0, (int)x.numel()),
            i => Assert.Equal(float.IsNaN(x[i].item<float>()), float.IsNaN(Bf16Vector.Single(Bf16Vector.Bits(x[i].item<float>())))));
        Assert.All(Enumerable.Range(0, 1007),
            i => Assert.Equal(expected[i].to(ScalarType.Float32).item<float>(), Bf16Vector.Single(Bf16Vector.Bits(x[i].item<float>()))));
    }

    [Theory]
    [InlineData(64)]
    [InlineData(400)]
    [InlineData(37)]
    public void A_norm_and_its_gradient_are_those_of_autograd(int hidden)
    {
        using var scope = NewDisposeScope();
        var (x, gradient, residual, weight) = (Draw(3, 50, hidden), Draw(3, 50, hidden), Draw(3, 50, hidden), randn(hidden, generator: _generator));
        var (output, scale) = NormKernel.Forward(x, weight, 1e-5);
        var (input, weights) = NormKernel.Backward(x, scale, weight, gradient, residual);
        var (wide, wideWeight) = (Leaf(x), Leaf(weight));
        var expected = wide * (wide.square().mean([-1], keepdim: true) + 1e-5).rsqrt() * wideWeight;
        expected.backward([gradient.to(ScalarType.Float64)]);
        AssertNear(expected, output);
        AssertNear(wide.grad! + residual, input);
        AssertNear(wideWeight.grad!, weights);
        Assert.True(output.eq(NormKernel.Recompute(x, scale, weight)).all().item<bool>());
        AssertNear(expected / wideWeight, NormKernel.Forward(x, null, 1e-5).Output);
        var (sum, again) = (x + residual, residual.clone());
        var (normed, sumScale) = NormKernel.ForwardSum(x, again, weight, 1e-5);
        Assert.True(sum.eq(again).all().item<bool>());
        var (alone, aloneScale) = NormKernel.Forward(sum, weight, 1e-5);
        Assert.True(alone.eq(normed).all().item<bool>() && aloneScale.eq(sumScale).all().item<bool>());
    }

    [Theory]
    [InlineData(160)]
    [InlineData(37)]
    public void The_gate_and_its_gradients_are_those_of_autograd(int width)
    {
        using var scope = NewDisposeScope();
        var (gateUp, gradient) = (cat([Draw(5, 7, width) * 4, Draw(5, 7, width)], -1), Draw(5, 7, width));
        var wide = Leaf(gateUp);
        var expected = nn.functional.silu(wide.narrow(-1, 0, width)) * wide.narrow(-1, width, width);
        expected.backward([gradient.to(ScalarType.Float64)]);
        AssertNear(expected, GateKernel.Forward(gateUp));
        var (joint, output) = GateKernel.Backward(gradient, gateUp);
        AssertNear(wide.grad!, joint);
        AssertNear(expected, output);
    }

    [Theory]
    [InlineData(160)]
    [InlineData(37)]
    public void Quick_gelu_is_that_of_the_definition(int width)
    {
        using var scope = NewDisposeScope();
        var x = Draw(5, 7, width);
        var wide = x.to(ScalarType.Float64);
        AssertNear(wide * (wide * 1.702).sigmoid(), GateKernel.QuickGelu(x));
    }

    [Theory]
    [InlineData(6, 6, 64, false)]
    [InlineData(6, 2, 32, true)]
    [InlineData(2, 1, 8192, false)] // wider than a kernel takes
    [InlineData(4, 4, 20, false)]
    [InlineData(4, 1, 20, true)]
    public void Heads_are_split_turned_and_joined_again(int queries, int keyValues, int dim, bool byRow)
    {
        using var scope = NewDisposeScope();
        var shape = new HeadShape(queries, keyValues, dim);
        var (batch, seq) = (2L, 45L);
        var angles = randn(byRow ? [batch, seq, 1, dim / 2] : [seq, 1, dim / 2], generator: _generator);
        var sine = cat([-angles.sin(), angles.sin()], -1);
        var rotation = new RotaryFactors(cat([angles.cos(), angles.cos()], -1), sine);
        var joint = Draw(batch, seq, shape.All * dim);
        var leaf = Leaf(joint);
        var parts = leaf.view(batch, seq, shape.All, dim).split([queries, keyValues, keyValues], 2);
        Tensor Turned(Tensor x) => (x * rotation.Cosine) + (x.roll(dim / 2, -1) * sine);
        Tensor Rows(Tensor x, int group) => x.repeat_interleave(group, 2).transpose(1, 2).flatten(0, 1);
        Tensor[] expected = [Rows(Turned(parts[0]) * 0.25, 1), Rows(Turned(parts[1]), shape.Group), Rows(parts[2], shape.Group)];
        var found = HeadKernel.Split(joint, rotation, shape, 0.25f);
        AssertNear(expected[0], found.Query);
        AssertNear(expected[1], found.Key);
        AssertNear(expected[2], found.Value);
        Tensor[] gradients = [Draw(batch * queries, seq, dim), Draw(batch * queries, seq, dim), Draw(batch * queries, seq, dim)];
        autograd.backward(expected, [.. gradients.Select(g => g.to(ScalarType.Float64))]);
        AssertNear(leaf.grad!, HeadKernel.Join(gradients[0], gradients[1], gradients[2], rotation, shape, 0.25f));
        AssertNear(parts[0].transpose(1, 2).flatten(0, 1), HeadKernel.Split(joint, null, shape, 1).Query);
    }

    [Fact]
    public void A_softmax_and_its_gradient_by_vectors_are_those_by_operators()
    {
        using var scope = NewDisposeScope();
        var visible = new Visible(9, null, 0, 4);
        var (scores, gradient) = (Draw(4, 10, 43), Draw(4, 10, 43));
        var wide = Leaf(scores);
        var hidden = wide.masked_fill(ones(10, 43, ScalarType.Bool).triu(10), double.NegativeInfinity);
        var expected = hidden.softmax(-1);
        expected.backward([gradient.to(ScalarType.Float64)]);
        SoftmaxKernel.Forward(scores, visible);
        AssertNear(expected, scores);
        SoftmaxKernel.Backward(gradient, scores, visible);
        AssertNear(wide.grad!, gradient, 2 * Rounding);
    }

    [Theory]
    [InlineData(ScalarType.BFloat16)]
    [InlineData(ScalarType.Float32)] // by operators
    public void A_query_that_sees_nothing_mixes_nothing_and_a_NaN_is_not_hidden(ScalarType type)
    {
        using var scope = NewDisposeScope();
        var scores = Draw(1, 2, 20).to(type);
        scores[0, 1, 3] = float.NaN;
        var mask = zeros([1, 1, 20, 20], ScalarType.BFloat16);
        mask[0, 0, 18].fill_(float.NegativeInfinity);
        SoftmaxKernel.Forward(scores, new Visible(18, mask, 0, 1));
        Assert.Equal(0, scores[0, 0].abs().sum().ToDouble());
        Assert.True(scores[0, 1].isnan().any().item<bool>());
    }

    [Theory]
    [InlineData(320, ScalarType.BFloat16)]
    [InlineData(50, ScalarType.BFloat16)]
    [InlineData(320, ScalarType.Float32)]
    public void Facts_of_targets_are_those_of_a_log_softmax(int vocab, ScalarType type)
    {
        using var scope = NewDisposeScope();
        var logits = (Draw(40, vocab) * 5).to(type);
        var ids = randint(0, vocab, [40], generator: _generator);
        ids[0] = logits[0].argmax();
        ids[1] = vocab - 1;
        var all = logits.to(ScalarType.Float64).log_softmax(-1);
        var facts = TargetKernel.Scores(logits, ids, entropy: true);
        for (var i = 0; i < 40; i++)
        {
            Assert.Equal(all[i, ids[i].item<long>()].item<double>(), facts[i].LogProb, 1e-5);
            Assert.Equal((-all[i].exp() * all[i]).sum().item<double>(), facts[i].Entropy, 1e-4);
            Assert.Equal(logits[i].argmax().item<long>() == ids[i].item<long>(), facts[i].IsTopOne);
        }
    }

    [Theory]
    [InlineData(320, ScalarType.BFloat16)]
    [InlineData(50, ScalarType.BFloat16)]
    [InlineData(50, ScalarType.Float32)]
    [InlineData(320, ScalarType.Float32)]
    [InlineData(50, ScalarType.Float64)] // which the kernel leaves to plain operators
    public void Divergences_are_those_of_two_log_softmaxes(int vocab, ScalarType type)
    {
        using var scope = NewDisposeScope();
        var (p, q) = ((Draw(40, vocab) * 5).to(type), (Draw(40, vocab) * 3).to(type));
        var (log, other) = (p.to(ScalarType.Float64).log_softmax(-1), q.to(ScalarType.Float64).log_softmax(-1));
        var expected = (log.exp() * (log - other)).sum(-1);
        var got = DivergenceKernel.Compute(p, q);
        Assert.All(Enumerable.Range(0, 40), i => Assert.Equal(expected[i].item<double>(), got[i], 1e-5 * (1 + expected[i].item<double>())));
        Assert.All(DivergenceKernel.Compute(p, p), d => Assert.InRange(d, 0, 1e-6f));
    }

    [Fact]
    public void Of_equal_logits_the_first_is_the_likeliest()
    {
        using var scope = NewDisposeScope();
        var logits = zeros([2, 64], ScalarType.BFloat16).index_fill_(1, tensor((long[])[20, 40]), 3);
        Assert.Equal([true, false], TargetKernel.Scores(logits, tensor((long[])[20, 40]), false).Select(f => f.IsTopOne));
    }

    [Theory]
    [InlineData(320)]
    [InlineData(50)]
    public void The_loss_and_its_gradient_are_those_of_autograd(int vocab)
    {
        using var scope = NewDisposeScope();
        var logits = Draw(40, vocab) * 5;
        var (ids, scales) = (randint(0, vocab, [40], generator: _generator), rand(40, generator: _generator));
        var leaf = Leaf(logits);
        var loss = (nn.functional.cross_entropy(leaf, ids, reduction: nn.Reduction.None) * scales).sum();
        loss.backward();
        Assert.Equal(loss.item<double>(), TargetKernel.Gradient(logits, ids, scales), 1e-5 * loss.item<double>());
        AssertNear(leaf.grad!, logits);
        Assert.Throws<ArgumentOutOfRangeException>(() => TargetKernel.Gradient(logits, full_like(ids, vocab), scales));
    }

    [Fact]
    public void Kernels_run_over_no_rows()
    {
        using var scope = NewDisposeScope();
        var (x, weight) = (Draw(0, 64), ones(64));
        var (output, scale) = NormKernel.ForwardSum(x, x.clone(), weight, 1e-5);
        Assert.Equal([0L, 64L], output.shape);
        var (input, sum) = NormKernel.Backward(x, scale, weight, x, x);
        Assert.Equal((0, 0), (input.numel(), sum.abs().sum().ToDouble()));
        Assert.Equal([0L, 32L], GateKernel.Forward(x).shape);
        Assert.Empty(TargetKernel.Scores(x, zeros(0, ScalarType.Int64), entropy: true));
        Assert.Equal(0, TargetKernel.Gradient(x, zeros(0, ScalarType.Int64), ones(0)));
    }

    [Fact]
    public void The_number_of_threads_changes_no_bit()
    {
        using var scope = NewDisposeScope();
        var (x, weight, gradient) = (Draw(700, 256), randn(256, generator: _generator), Draw(700, 256));
        float[] Run(int threads)
        {
            TorchRuntime.Start(threads);
            var (output, scale) = NormKernel.Forward(x, weight, 1e-5);
            var (input, weights) = NormKernel.Backward(x, scale, weight, gradient, output);
            return [.. Golden.Floats(output), .. Golden.Floats(input), .. Golden.Floats(weights), .. Golden.Floats(GateKernel.Forward(x))];
        }

        Assert.Equal(Run(1), Run(2));
    }

    private static Tensor Leaf(Tensor x) => x.detach().to(ScalarType.Float64).requires_grad_(true);

    private Tensor Draw(params long[] shape) => randn(shape, generator: _generator).to(ScalarType.BFloat16);

    /// <summary>Within a rounding of each number, relative to it, or where it is small to the tensor's spread.</summary>
    private static void AssertNear(Tensor expected, Tensor found, double tolerance = Rounding)
    {
        using var scope = NewDisposeScope();
        Assert.Equal(expected.shape, found.shape);
        var wide = expected.detach().to(ScalarType.Float64);
        var error = (found.to(ScalarType.Float64) - wide).abs() / (wide.abs() + wide.std());
        Assert.InRange(error.max().item<double>(), 0, tolerance);
    }
}
