using Fovea.Models.Configs;
using Fovea.Models.Decoders;
using Fovea.Models.Families;
using Fovea.Models.MixedPrecision;
using Fovea.Models.Parameters;
using Fovea.Torch;
using Fovea.Training.Objective;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Fovea.Tests.Models;

/// <summary>Blocks whose gradients are written out in bfloat16 give the gradients that autograd gives in float32, up to bfloat16's three digits.</summary>
public sealed class MixedPrecisionTests
{
    // Two blocks of bfloat16 products: measured 0.015; a wrong term is off by 0.1 and more.
    private const double Tolerance = 0.04;
    private const int Batch = 2, Vocabulary = 300;

    public MixedPrecisionTests() => TorchRuntime.Start(1);

    public static TheoryData<string, int> Shapes => new()
    {
        { "plain", 150 }, { "grouped", 150 }, { "biased", 64 }, { "window", 64 }, { "plain", 7 }, { "segments", 96 }, { "grouped window segments", 140 },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Gradients_are_those_of_float32(string shape, int seq)
    {
        using var model = Model(shape);
        using var scope = NewDisposeScope();
        var segmented = shape.Contains("segments", StringComparison.Ordinal);
        var (expected, expectedLoss) = Gradients(model, MatmulPolicy.F32, seq, segmented);
        var (found, loss) = Gradients(model, MatmulPolicy.BF16, seq, segmented);
        Assert.Equal(expectedLoss, loss, 0.02);
        Assert.Equal(expected.Keys, found.Keys);
        foreach (var (name, gradient) in expected)
        {
            Assert.Equal(gradient.shape, found[name].shape);
            Assert.Equal(ScalarType.Float32, found[name].dtype);
            Assert.True(Distance(gradient, found[name]) < Tolerance, $"{name} is {Distance(gradient, found[name])} off");
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Probabilities_that_are_computed_again_give_the_bits_of_those_that_are_kept(string shape, int seq)
    {
        using var model = Model(shape);
        using var scope = NewDisposeScope();
        var segmented = shape.Contains("segments", StringComparison.Ordinal);
        var (kept, loss) = Gradients(model, MatmulPolicy.BF16, seq, segmented);
        model.Mixed.Pieces = AttentionPieces.Default with { MostKeptBytes = 0 };
        Assert.False(model.Mixed.Pieces.Keeps(Batch, 6, seq));
        foreach (var recomputes in new[] { false, true })
        {
            var (again, lossAgain) = Gradients(model, MatmulPolicy.BF16, seq, segmented, recomputes);
            Assert.Equal(loss, lossAgain);
            Assert.All(kept, g => Assert.Equal(Golden.Floats(g.Value), Golden.Floats(again[g.Key])));
        }
    }

    [Theory]
    [InlineData(1, 1)] // of one query and one head at a time
    [InlineData(33, 1 << 12)]
    [InlineData(1024, 1L << 40)] // of all at once
    public void Pieces_of_any_size_give_the_gradients_of_float32(long queries, long scoreBytes)
    {
        using var model = Model("grouped window segments");
        using var scope = NewDisposeScope();
        var (expected, _) = Gradients(model, MatmulPolicy.F32, 70, segmented: true);
        model.Mixed.Pieces = new AttentionPieces(0, queries, scoreBytes);
        var (found, _) = Gradients(model, MatmulPolicy.BF16, 70, segmented: true);
        Assert.All(expected, g => Assert.InRange(Distance(g.Value, found[g.Key]), 0, Tolerance));
    }

    [Fact]
    public void A_layer_of_1500_tokens_and_32_heads_keeps_no_probabilities_and_no_product_of_shapes_overflows()
    {
        Assert.True(AttentionPieces.Default.Keeps(4, 12, 512));
        Assert.False(AttentionPieces.Default.Keeps(1, 32, 1500));
        Assert.False(AttentionPieces.Default.Keeps(int.MaxValue, 4096, int.MaxValue));
    }

    [Fact]
    public void Running_blocks_again_gives_the_same_bits()
    {
        using var model = Model("plain");
        using var scope = NewDisposeScope();
        var (kept, loss) = Gradients(model, MatmulPolicy.BF16, 40);
        var (again, lossAgain) = Gradients(model, MatmulPolicy.BF16, 40, recomputes: true);
        Assert.Equal(loss, lossAgain);
        Assert.All(kept, g => Assert.Equal(Golden.Floats(g.Value), Golden.Floats(again[g.Key])));
    }

    [Fact]
    public void Only_what_is_trained_gets_a_gradient()
    {
        using var model = Model("plain");
        using var scope = NewDisposeScope();
        model.Parameters.SetTrainable(n => n.Contains(".layers.1.", StringComparison.Ordinal) && n.Contains("up_proj", StringComparison.Ordinal));
        var (found, _) = Gradients(model, MatmulPolicy.BF16, 40);
        Assert.Equal(["model.layers.1.mlp.up_proj.weight"], found.Keys);
        model.Parameters.SetTrainable(n => n.Contains("embed_tokens", StringComparison.Ordinal));
        (found, _) = Gradients(model, MatmulPolicy.BF16, 40);
        Assert.Equal(["model.embed_tokens.weight"], found.Keys);
    }

    [Fact]
    public void Micro_batches_add_up()
    {
        using var model = Model("plain");
        using var scope = NewDisposeScope();
        var (once, _) = Gradients(model, MatmulPolicy.BF16, 40);
        var (twice, _) = Gradients(model, MatmulPolicy.BF16, 40, passes: 2);
        Assert.All(once, g => Assert.True(Distance(g.Value * 2, twice[g.Key]) < 0.01));
    }

    [Theory]
    [InlineData(2, 3, 300, false)]
    [InlineData(2, 3, 300, true)]
    [InlineData(2, 3, 2, false)]
    [InlineData(2, 3, 129, true)]
    [InlineData(11, 3, 1024, true)] // ten sequences at a time, then one
    [InlineData(1, 40, 1024, false)] // twenty of a sequence's heads at a time
    public void Attention_by_products_equals_the_fused_operator(int batch, int heads, int seq, bool masked)
    {
        using var scope = NewDisposeScope();
        var generator = new Generator(5);
        var mask = masked ? AttentionMask.Additive(arange(batch * seq, dtype: ScalarType.Int64).floor_divide(70).view(batch, seq), seq, seq, null, CPU) : null;
        Tensor Draw(params long[] shape) => randn(shape, generator: generator).to(ScalarType.BFloat16);
        var (query, key, value, gradient) = (Draw(batch * heads, seq, 16), Draw(batch * heads, seq, 16), Draw(batch * heads, seq, 16),
            Draw(batch, seq, heads * 16));
        using var attention = new CausalAttention(AttentionPieces.Default, heads, mask?.to(ScalarType.BFloat16), query, key, value);
        var found = attention.Backward(gradient);
        var leaves = new[] { query * 4, key, value }.Select(t => t.to(ScalarType.Float32).requires_grad_(true)).ToArray(); // the operator divides by sqrt(16)
        Tensor Heads(Tensor x) => x.view(batch, heads, seq, 16);
        var output = nn.functional.scaled_dot_product_attention(Heads(leaves[0]), Heads(leaves[1]), Heads(leaves[2]), mask!, is_casual: mask is null && seq > 1)
            .transpose(1, 2).flatten(2);
        output.backward([gradient.to(ScalarType.Float32)]);
        Assert.InRange(Distance(output, attention.Output), 0, 0.01);
        var tolerance = seq > 2 ? 0.02 : 0.03; // of two tokens: few numbers to average over
        Assert.InRange(Distance(leaves[0].grad! * 4, found.Query), 0, tolerance);
        Assert.InRange(Distance(leaves[1].grad!, found.Key), 0, tolerance);
        Assert.InRange(Distance(leaves[2].grad!, found.Value), 0, 0.02);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)] // the last piece is shorter
    [InlineData(50)]
    [InlineData(4096)]
    public void The_heads_product_over_parts_of_the_vocabulary_is_that_over_all_of_it(long columns)
    {
        using var scope = NewDisposeScope();
        var generator = new Generator(2);
        var (error, head) = (randn([9, 50], generator: generator).to(ScalarType.BFloat16), randn([50, 16], generator: generator).to(ScalarType.BFloat16));
        var expected = error.to(ScalarType.Float32).mm(head.to(ScalarType.Float32));
        Assert.InRange(Distance(expected, ChunkedHead.Product(error, head, columns)), 0, 0.005);
    }

    [Fact]
    public void No_tensor_is_left_behind()
    {
        using var model = Model("plain");
        void Run()
        {
            using var scope = NewDisposeScope();
            Gradients(model, MatmulPolicy.BF16, 40);
        }

        Run();
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        Run();
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    private static (Dictionary<string, Tensor> Gradients, double Loss) Gradients(
        TextModel model, MatmulPolicy policy, int seq, bool segmented = false, bool recomputes = false, int passes = 1)
    {
        model.Policy = policy;
        Assert.Equal(policy == MatmulPolicy.BF16, model.Decoder.IsMixed);
        var generator = new Generator(7);
        var ids = randint(1, Vocabulary, [Batch, seq], generator: generator);
        var targets = randint(1, Vocabulary, [Batch * seq], generator: generator);
        var weights = rand(Batch * seq, generator: generator);
        var input = new DecoderInput
        {
            InputIds = ids,
            LogitPositions = arange(Batch * seq, dtype: ScalarType.Int64),
            SegmentIds = segmented ? arange(seq, dtype: ScalarType.Int64).floor_divide(seq / 3).add(1).expand(Batch, seq) : null,
        };
        var loss = 0.0;
        for (var pass = 0; pass < passes; pass++)
        {
            using var recomputation = model.Decoder.IsMixed ? new Recomputation(recomputes) : null;
            var hidden = model.Decoder.HiddenAt(input, recomputation);
            (loss, var gradient) = ChunkedHead.Backward(model, hidden, targets, weights, Batch * seq, 64);
            if (gradient is not null && hidden.requires_grad)
            {
                hidden.backward([gradient]);
                recomputation?.Backward();
            }
        }

        var found = new Dictionary<string, Tensor>();
        foreach (var (name, parameter) in model.Parameters.All)
        {
            if (parameter.grad is { } gradient)
            {
                found.Add(name, gradient.clone());
            }

            parameter.grad = null;
        }

        return (found, loss);
    }

    private static TextModel Model(string shape)
    {
        var config = new DecoderConfig
        {
            ModelType = shape is "biased" ? "qwen2" : shape.Contains("window", StringComparison.Ordinal) ? "mistral" : "llama",
            VocabSize = Vocabulary,
            HiddenSize = 384,
            IntermediateSize = 640,
            NumLayers = 2,
            NumHeads = 6,
            NumKeyValueHeads = shape.Contains("grouped", StringComparison.Ordinal) ? 3 : 6,
            HeadDim = 64,
            MaxPositions = 512,
            QueryKeyValueBias = shape is "biased",
            SlidingWindow = shape.Contains("window", StringComparison.Ordinal) ? 9 : null,
            InitializerRange = 0.05,
        };
        var parameters = new ParameterSet();
        foreach (var spec in TextModel.Specs(config))
        {
            // Norms and biases too are drawn, so that none of their gradients is trivial.
            var drawn = spec.Draw(3);
            parameters.Add(spec.Name, drawn.dim() == 1 ? drawn + (0.1 * randn(drawn.shape, generator: new Generator(9))) : drawn);
        }

        var model = new TextModel(config, parameters);
        model.Parameters.SetTrainable(_ => true);
        return model;
    }

    private static double Distance(Tensor expected, Tensor actual)
    {
        using var scope = NewDisposeScope();
        return ((expected - actual.to(expected.dtype)).norm() / expected.norm()).ToDouble();
    }
}
