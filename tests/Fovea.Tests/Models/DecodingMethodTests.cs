using Fovea.Core.Errors;
using Fovea.Core.Samples;
using Fovea.Models.Batching;
using Fovea.Models.Decoders;
using Fovea.Models.Families;
using Fovea.Models.Generation;
using Fovea.Models.Guidance;
using Fovea.Models.Initialisation;
using Fovea.Pipeline;
using Fovea.Pipeline.Stages;
using Fovea.Torch;
using Xunit;
using static Fovea.Tests.Models.TestModels;
using static TorchSharp.torch;

namespace Fovea.Tests.Models;

/// <summary>What holds of decoding methods for every model; the reference values are in <c>fovea verify</c>.</summary>
public sealed class DecodingMethodTests
{
    private static readonly GenerationOptions Greedy = new() { MaxNewTokens = 12, EndIds = [2, 33, 57] };

    public DecodingMethodTests() => TorchRuntime.Start(1);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<string> Strong =>
        ["vcd", "pai@first_layer=0,alpha=0.9", "pai@gamma=1,alpha=0.9,end_layer=3", "var@tau=1.8,sinks=3+7+11,rho=0.3", "guidance@proxy=none,gamma=0.7"];

    public static TheoryData<string> Zero => ["vcd@alpha=0", "pai@alpha=0,gamma=1", "var@p=0", "guidance@gamma=0,proxy=none"];

    private static DecodingMethod Method(string text) => DecodingChoice.Parse(text, Catalogues.BuiltIn)!;

    private static DecoderModel Model(string preset) => ModelPresets.Create(preset, Vocabulary, 4, Loud with { NumLayers = 4 });

    private static ExpandedSample[] Prompts(DecoderModel model) => [Make(model, 4, 1), Make(model, 9, 2), Make(model, 2, 3)];

    [Theory]
    [MemberData(nameof(Zero))]
    public void At_strength_zero_a_method_is_plain_decoding_bit_for_bit(string text)
    {
        using var model = Model("tiny-llava");
        using var noGrad = no_grad();
        var prompts = Prompts(model);
        using var plain = TextGenerator.FirstScores(model, prompts, Greedy);
        using var zero = TextGenerator.FirstScores(model, prompts, Greedy with { Method = Method(text) });
        Assert.Equal(plain.data<float>().ToArray(), zero.data<float>().ToArray());
        foreach (var way in new[] { Greedy, Greedy with { Sampling = new SamplingOptions { Seed = 3 } }, Greedy with { Beams = new BeamOptions() } })
        {
            Assert.Equal(TextGenerator.Generate(model, prompts, way, cancel: Cancel).Select(s => (string.Join(' ', s.Ids), s.Score)),
                TextGenerator.Generate(model, prompts, way with { Method = Method(text) }, cancel: Cancel).Select(s => (string.Join(' ', s.Ids), s.Score)));
        }
    }

    [Fact]
    public void The_formulas_at_strength_zero_give_back_what_they_are_given_bit_for_bit()
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        var (own, other) = (randn(3, 40), randn(3, 40));
        Assert.Equal(own.data<float>().ToArray(), new VcdMethod { Alpha = 0, Beta = 0 }.Combine(own, other).data<float>().ToArray());
        var none = new ContrastImages("none", null);
        var logProbs = own.log_softmax(-1).data<float>().ToArray();
        Assert.Equal(logProbs, new ProxyGuidance(none) { Gamma = 0, Beta = 0 }.Combine(own, other).data<float>().ToArray());

        var rows = new PromptRows([[false, true, true, false, false]], [5], CPU);
        var scores = randn(1, 2, 5, 5);
        using var moved = new SinkRedistribution(rows, new VarMethod { P = 0, Sinks = [1], Tau = 0.5, Rho = 0 }, 4);
        moved.OnInput(2, randn(1, 5, 8));
        var weights = scores.softmax(-1);
        Assert.Equal(weights.data<float>().ToArray(), moved.OnWeights(2, weights).data<float>().ToArray());
    }

    [Theory]
    [MemberData(nameof(Strong))]
    public void Neither_batch_nor_cache_changes_what_a_method_generates(string text)
    {
        foreach (var preset in new[] { "tiny-llava", "tiny-solo" })
        {
            using var model = Model(preset);
            var prompts = Prompts(model);
            foreach (var way in new[] { Greedy, Greedy with { Beams = new BeamOptions { NumBeams = 3 } } })
            {
                var options = way with { Method = Method(text) };
                var one = TextGenerator.Generate(model, prompts, options with { BatchSize = 1 }, cancel: Cancel).Select(s => string.Join(' ', s.Ids)).ToArray();
                Assert.Equal(one, TextGenerator.Generate(model, prompts, options, cancel: Cancel).Select(s => string.Join(' ', s.Ids)));
                Assert.Equal(one, TextGenerator.Generate(model, prompts, options with { UseCache = false }, cancel: Cancel).Select(s => string.Join(' ', s.Ids)));
                Assert.NotEqual(one, TextGenerator.Generate(model, prompts, way, cancel: Cancel).Select(s => string.Join(' ', s.Ids)));
            }
        }
    }

    [Fact]
    public void Redistribution_is_what_its_definition_says()
    {
        using var scope = NewDisposeScope();
        manual_seed(4);
        const int Heads = 3, Keys = 6, Width = 8;
        var (isImage, method) = (new[] { false, true, true, true, false, false }, new VarMethod { P = 0.6, Rho = 0.5, Tau = 1.2, Sinks = [2, 5] });
        var (hidden, weights) = (randn(1, Keys, Width), randn(1, Heads, Keys, Keys).softmax(-1));
        using var moved = new SinkRedistribution(new PromptRows([isImage], [Keys], CPU), method, 4);
        moved.OnInput(2, hidden);
        var found = moved.OnWeights(2, weights).data<float>().ToArray();
        var (x, w, changed) = (hidden.data<float>().ToArray(), weights.data<float>().ToArray(), 0);
        var sink = Enumerable.Range(0, Keys).Select(k => x[(k * Width)..((k + 1) * Width)]).Select(row =>
            Math.Max(Math.Abs(row[2]), Math.Abs(row[5])) / Math.Sqrt(row.Average(v => v * v)) >= method.Tau).ToArray();
        Assert.Contains(true, sink.Where((s, k) => isImage[k]));
        Assert.Contains(false, sink.Where((s, k) => isImage[k]));
        for (var head = 0; head < Heads; head++)
        {
            for (var query = 0; query < Keys; query++)
            {
                double At(int key) => w[(((head * Keys) + query) * Keys) + key];
                double Sum(Func<int, bool> where) => Enumerable.Range(0, Keys).Where(where).Sum(At);
                var (image, open) = (Sum(k => isImage[k]), Sum(k => isImage[k] && !sink[k]));
                var centric = query > 3 && image >= VarMethod.LeastOnImage && open / image >= method.Rho;
                var budget = method.P * Sum(k => sink[k]);
                changed += centric && budget > 0 ? 1 : 0;
                for (var key = 0; key < Keys; key++)
                {
                    var expected = !centric ? At(key) : sink[key] ? (1 - method.P) * At(key) : isImage[key] ? At(key) + (budget * At(key) / open) : At(key);
                    Assert.Equal(expected, found[(((head * Keys) + query) * Keys) + key], 1e-6);
                }
            }
        }

        Assert.True(changed > 0, "no head is image-centric: the case is too easy");
    }

    [Fact]
    public void Without_given_dimensions_sinks_are_where_the_first_token_is_beyond_tau()
    {
        using var scope = NewDisposeScope();
        var hidden = ones(1, 4, 100);
        hidden[0, 1, 7] = 60; // the first token: the row is padded on the left
        hidden[0, 2, 7] = 50; // a sink
        hidden[0, 3, 9] = 60; // beyond tau in a dimension that is none of the first token's
        using var moved = new SinkRedistribution(new PromptRows([[false, false, true, true]], [3], CPU), new VarMethod { Tau = 5, Rho = 0 }, 4);
        moved.OnInput(2, hidden);
        var weights = full(1, 1, 4, 4, 0.25f);
        Assert.Equal(weights.data<float>().ToArray(), moved.OnWeights(2, weights).data<float>().ToArray()); // no query is behind the images

        moved.OnInput(2, ones(1, 1, 100));
        float[] expected = [0.25f - 0f, 0.1f, 0.1f, 0.25f + 0.3f, 0.25f];
        var next = moved.OnWeights(2, full(1, 1, 1, 5, 0.25f)).data<float>().ToArray();
        Assert.Equal(expected, next.Select(v => MathF.Round(v, 5)));
    }

    [Fact]
    public void Noise_of_an_image_is_its_own_whatever_stands_beside_it()
    {
        using var model = Model("tiny-llava");
        var prompts = Prompts(model);
        PixelValues Noised(ExpandedSample prompt, string text = "vcd") => Method(text).Prepare(model, prompt, null).Contrast!.Images[0];
        Assert.Equal(Noised(prompts[0]).Values, Noised(prompts[0]).Values);
        Assert.NotEqual(Noised(prompts[0]).Values, Noised(prompts[0], "vcd@seed=1").Values);
        Assert.NotEqual(Noised(prompts[0]).Values, Noised(prompts[1]).Values);
        var black = prompts[0] with { Images = [prompts[0].Images[0] with { Values = new float[2700] }] };
        var noise = Noised(black, "vcd@step=999").Values;
        Assert.Equal(0, noise.Average(), 0.06);
        Assert.Equal(0.918, noise.Average(v => v * v), 0.1); // 1 less the product of 1 - b over 1,000 steps; four standard deviations of 2,700 squares
    }

    [Fact]
    public void Guidance_adds_a_tokens_gain_from_the_image_and_leaves_out_implausible_ids()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var model = Model("tiny-llava");
        var prompt = Make(model, 5, 2);
        var seen = TextGenerator.FirstScores(model, [prompt], Greedy).log_softmax(-1).data<float>().ToArray();
        var text = prompt with { InputIds = [1, .. Ids(5, 2)], Images = [] };
        var blind = TextGenerator.FirstScores(model, [text], Greedy).log_softmax(-1).data<float>().ToArray();
        var found = TextGenerator.FirstScores(model, [prompt], Greedy with { Method = Method("guidance@proxy=none,gamma=0.7,beta=0.2") }).data<float>().ToArray();
        Assert.Contains(float.NegativeInfinity, found);
        Assert.All(found.Index(), f => Assert.Equal(
            seen[f.Index] < seen.Max() + Math.Log(0.2) ? double.NegativeInfinity : seen[f.Index] + (0.7 * (seen[f.Index] - blind[f.Index])), f.Item, 1e-4));
    }

    [Theory]
    [MemberData(nameof(Strong))]
    public void A_method_without_an_image_to_look_at_is_an_error_that_names_it(string text)
    {
        using var model = Model("tiny-llava");
        using var blind = Model("tiny-text-2");
        var options = Greedy with { Method = Method(text) };
        var name = options.Method!.Name;
        var error = Assert.Throws<FoveaException>(() => TextGenerator.Generate(model, [Make(model, 4, 1, withImage: false)], options, cancel: Cancel));
        Assert.StartsWith($"decoding by {name}: the prompt has no image", error.Message, StringComparison.Ordinal);
        error = Assert.Throws<FoveaException>(() => TextGenerator.Generate(blind, [Make(blind, 4, 1)], options, cancel: Cancel));
        Assert.StartsWith($"decoding by {name}: a llama model sees no images", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("vdc", "unknown decoding method 'vdc'; did you mean 'vcd'?")]
    [InlineData("vcd@alpah=1", "unknown setting 'alpah' (did you mean 'alpha'?)")]
    [InlineData("vcd@alpha", "expected alpha once, as alpha=VALUE")]
    [InlineData("vcd@alpha=1,alpha=2", "expected alpha once, as alpha=VALUE")]
    [InlineData("vcd@beta=2", "'beta': expected a number of at least 0 and at most 1, got '2'")]
    [InlineData("vcd@step=1000", "'step': expected a whole number of at least 0 and at most 999, got '1000'")]
    [InlineData("var@sinks=1,2", "unknown setting '2'")]
    [InlineData("var@sinks=a+2", "'sinks': expected whole numbers with + between them")]
    [InlineData("guidance@proxy=other", "proxy other shows another sample's image")]
    [InlineData("guidance@proxy=blur@-1", "expected blur@ and a sigma")]
    public void A_method_that_is_asked_for_in_a_wrong_way_is_told_what_is_wrong(string text, string expected) =>
        Assert.Contains(expected, Assert.Throws<UsageException>(() => Method(text)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("pai@end_layer=9", "layers 2 to 8 of a decoder that has 2")]
    [InlineData("pai", "layers 2 to 1 of a decoder that has 2")]
    [InlineData("var", "a decoder of 2 layers")]
    public void Layers_that_a_decoder_does_not_have_are_an_error(string text, string expected)
    {
        using var model = ModelPresets.Create("tiny-llava", Vocabulary, 4, Loud with { NumLayers = 2 });
        Assert.Contains(expected, Assert.Throws<FoveaException>(
            () => TextGenerator.Generate(model, Prompts(model), Greedy with { Method = Method(text) }, cancel: Cancel)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_method_says_of_itself_makes_the_same_method()
    {
        foreach (var text in Strong.Select(row => row.Data))
        {
            var method = Method(text);
            Assert.Equal(method.Description, Method(method.Description).Description);
        }
    }

    [Fact]
    public void With_a_hook_a_packed_decoder_takes_its_plain_operators()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var model = Model("tiny-llava");
        var input = new DecoderInput { InputIds = Row(Ids(6, 1)), LogitPositions = TensorNumbers.Range(5, 6), Hook = new Counting() };
        var expected = model.Decoder.Forward(input).Logits!.data<float>().ToArray();
        model.Pack();
        Assert.Equal(expected, model.Decoder.LogitsAt(input).data<float>().ToArray());
        Assert.Equal(8, ((Counting)input.Hook).Layers);
        Assert.NotEqual(expected, model.Decoder.LogitsAt(input with { Hook = null }).to(ScalarType.Float32).data<float>().ToArray());
    }

    private sealed class Counting : IAttentionHook
    {
        public int Layers { get; private set; }

        public Tensor OnWeights(int layer, Tensor weights)
        {
            Layers++;
            return weights;
        }
    }
}
