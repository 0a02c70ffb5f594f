using System.Globalization;
using Fovea.Core.Errors;
using Fovea.Core.Samples;
using Fovea.Models;
using Fovea.Models.Batching;
using Fovea.Models.Generation;
using Fovea.Models.Initialisation;
using Fovea.Torch;
using Xunit;
using static Fovea.Tests.Models.TestModels;
using static TorchSharp.torch;

namespace Fovea.Tests.Models;

/// <summary>What holds of generation for every model, on new ones whose weights are large enough for differences to show.</summary>
public sealed class GenerationTests
{
    private static readonly GenerationOptions Greedy = new() { MaxNewTokens = 14, EndIds = [2, 33, 57] };

    public GenerationTests() => TorchRuntime.Start(1);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<string, string> Ways => new MatrixTheoryData<string, string>(
        ["tiny-llava", "tiny-solo", "tiny-text-2"], ["greedy", "sampling", "beams", "beams until full", "beams never early", "penalty", "beams and penalty"]);

    private static GenerationOptions Options(string way) => way switch
    {
        "sampling" => Greedy with { Sampling = new SamplingOptions { Temperature = 1.3, TopK = 40, TopP = 0.9, Seed = 5 } },
        "beams" => Greedy with { Beams = new BeamOptions { NumBeams = 4, LengthPenalty = 0.7 } },
        "beams until full" => Greedy with { Beams = new BeamOptions { NumBeams = 2, EarlyStopping = EarlyStopping.WhenFull } },
        "beams never early" => Greedy with { Beams = new BeamOptions { NumBeams = 3, EarlyStopping = EarlyStopping.Never, LengthPenalty = 0 } },
        "penalty" => Greedy with { RepetitionPenalty = 1.4 },
        "beams and penalty" => Greedy with { RepetitionPenalty = 1.2, Beams = new BeamOptions { NumBeams = 3 } },
        _ => Greedy,
    };

    [Theory]
    [MemberData(nameof(Ways))]
    public void Neither_batch_nor_cache_changes_what_is_generated(string preset, string way)
    {
        using var model = ModelPresets.Create(preset, Vocabulary, 4, Loud);
        var prompts = Prompts(model);
        var options = Options(way);
        var one = TextGenerator.Generate(model, prompts, options with { BatchSize = 1 }, cancel: Cancel);
        Assert.True(one.Select(s => s.Ids.Length).Distinct().Count() > 1, "all rows have one length: the case is too easy");
        foreach (var other in new[] { options, options with { BatchSize = 3 }, options with { UseCache = false } })
        {
            var found = TextGenerator.Generate(model, prompts, other, cancel: Cancel);
            Assert.Equal(one.Select(s => s.Ids), found.Select(s => s.Ids));
            Assert.Equal(one.Select(s => (s.Reason, s.EndId)), found.Select(s => (s.Reason, s.EndId)));
            foreach (var (a, b) in one.Zip(found).Where(pair => pair.First.Score is not null))
            {
                Assert.Equal(a.Score!.Value, b.Score!.Value, 1e-4);
            }
        }
    }

    [Fact]
    public void The_cache_holds_more_tokens_than_one_chunk_of_it()
    {
        using var model = ModelPresets.Create("tiny-text-2", Vocabulary, 4, Loud);
        ExpandedSample[] prompts = [Make(model, 3, 1), Make(model, 70, 2)];
        var options = new GenerationOptions { MaxNewTokens = 200 };
        var cached = TextGenerator.Generate(model, prompts, options, cancel: Cancel);
        Assert.All(cached, s => Assert.Equal(200, s.Ids.Length));
        Assert.Equal(cached.Select(s => s.Ids), TextGenerator.Generate(model, prompts, options with { UseCache = false }, cancel: Cancel).Select(s => s.Ids));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    public void One_beam_until_full_is_greedy(long seed)
    {
        using var model = ModelPresets.Create("tiny-llava", Vocabulary, seed, Loud);
        var prompts = Prompts(model);
        var beam = TextGenerator.Generate(model, prompts,
            Greedy with { Beams = new BeamOptions { NumBeams = 1, EarlyStopping = EarlyStopping.WhenFull } }, cancel: Cancel);
        Assert.Equal(TextGenerator.Generate(model, prompts, Greedy, cancel: Cancel).Select(s => s.Ids), beam.Select(s => s.Ids));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void With_as_many_beams_as_ids_the_best_pair_of_all_is_found(long seed)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var model = ModelPresets.Create("tiny-text-2", Vocabulary, seed, Loud);
        var prompt = Make(model, 5, seed);
        var found = TextGenerator.Generate(model, [prompt],
            new GenerationOptions { MaxNewTokens = 2, Beams = new BeamOptions { NumBeams = 90 } }, cancel: Cancel)[0];
        var first = NextLogProbs(model, prompt.InputIds); // [90]
        var pairs = stack([.. Enumerable.Range(0, 90).Select(a => first[a] + NextLogProbs(model, [.. prompt.InputIds, a]))], 0); // [90, 90]
        var best = (int)pairs.argmax().item<long>();
        Assert.Equal([best / 90, best % 90], found.Ids);
        Assert.Equal(pairs.max().item<float>() / 2, found.Score!.Value, 1e-4);
    }

    [Fact]
    public void A_seed_gives_the_same_draws_and_another_seed_others()
    {
        using var model = ModelPresets.Create("tiny-text-2", Vocabulary, 4, Loud);
        var prompts = Prompts(model);
        int[][] Draw(long seed) => Array.ConvertAll(
            TextGenerator.Generate(model, prompts, Greedy with { EndIds = [], Sampling = new SamplingOptions { Seed = seed } }, cancel: Cancel), s => s.Ids);
        Assert.Equal(Draw(1), Draw(1));
        Assert.NotEqual(Draw(1), Draw(2));
        var same = TextGenerator.Generate(model, [prompts[0], prompts[0]], Greedy with { EndIds = [], Sampling = new SamplingOptions() }, cancel: Cancel);
        Assert.NotEqual(same[0].Ids, same[1].Ids);
    }

    [Fact]
    public void Each_of_several_end_ids_ends_a_row()
    {
        using var model = ModelPresets.Create("tiny-text-2", Vocabulary, 4, Loud);
        var prompt = Make(model, 4, 1);
        var whole = TextGenerator.Generate(model, [prompt], Greedy with { EndIds = [] }, cancel: Cancel)[0];
        Assert.Equal((14, StopReason.Length, null), (whole.Ids.Length, whole.Reason, whole.EndId));
        foreach (var end in whole.Ids.Distinct())
        {
            var cut = TextGenerator.Generate(model, [prompt], Greedy with { EndIds = [0, end] }, cancel: Cancel)[0];
            Assert.Equal(whole.Ids.TakeWhile(i => i != end && i != 0), cut.Ids);
            Assert.Equal(StopReason.EndId, cut.Reason);
        }
    }

    [Fact]
    public void A_row_ends_where_the_models_length_does_whatever_its_neighbours()
    {
        using var model = ModelPresets.Create("tiny-text-2", Vocabulary, 4, Loud with { MaxPositions = 20 });
        ExpandedSample[] prompts = [Make(model, 18, 1), Make(model, 4, 2)];
        var found = TextGenerator.Generate(model, prompts, new GenerationOptions { MaxNewTokens = 50 }, cancel: Cancel);
        Assert.Equal([2, 16], found.Select(s => s.Ids.Length));
        Assert.Contains("prompt 1 has 21 tokens; expected 1 to 20",
            Assert.Throws<FoveaException>(() => TextGenerator.Generate(model, [prompts[0], Make(model, 20, 1)], Greedy, cancel: Cancel)).Message,
                StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("greedy")]
    [InlineData("sampling")]
    [InlineData("beams")]
    public void A_stop_string_ends_the_text_before_it_and_pieces_add_up_to_the_text(string way)
    {
        using var model = ModelPresets.Create("tiny-text-2", Vocabulary, 4, Loud);
        var prompts = Prompts(model);
        var options = Options(way) with { EndIds = [] };
        var whole = TextGenerator.Generate(model, prompts, options, () => new Numbers(), cancel: Cancel);
        for (var p = 0; p < prompts.Length; p++)
        {
            // Across the ids 4 and 5: ends with the first character of the latter.
            var at = string.Concat(whole[p].Ids.Take(5).Select(Numbers.Text)).Length + 1;
            var stop = whole[p].Text![(at - 4)..at];
            var pieces = new List<GeneratedPiece>();
            var cut = TextGenerator.Generate(model, [prompts[p]], options with { StopStrings = ["never", stop] }, () => new Numbers(), pieces.Add, Cancel)[0];
            Assert.Equal(string.Concat(pieces.Select(x => x.Text)), cut.Text);
            Assert.Equal(cut.Ids, pieces.Where(x => x.Id is not null).Select(x => x.Id!.Value));
            Assert.DoesNotContain(stop, cut.Text, StringComparison.Ordinal);
            if (way == "greedy")
            {
                Assert.Equal(StopReason.StopString, cut.Reason);
                var expected = whole[p].Text!.IndexOf(stop, StringComparison.Ordinal);
                Assert.Equal(whole[p].Text![..expected], cut.Text);
                Assert.StartsWith(string.Concat(cut.Ids.Select(i => $"{i} ")), string.Concat(whole[p].Ids.Select(i => $"{i} ")), StringComparison.Ordinal);
            }
        }
    }

    [Theory]
    [InlineData("max new tokens", -1, 1, 1.0, 1.0, 0)]
    [InlineData("temperature", 5, 1, 0.0, 1.0, 0)]
    [InlineData("top-k", 5, 0, 1.0, 1.0, 0)]
    [InlineData("top-p", 5, 1, 1.0, 1.1, 0)]
    [InlineData("end id", 5, 1, 1.0, 1.0, 90)]
    public void Options_out_of_range_are_named(string what, int tokens, int topK, double temperature, double topP, int end)
    {
        using var model = ModelPresets.Create("tiny-text-2", Vocabulary, 4, Loud);
        var options = new GenerationOptions
        {
            MaxNewTokens = tokens,
            EndIds = [end],
            Sampling = new SamplingOptions { TopK = topK, Temperature = temperature, TopP = topP },
        };
        Assert.Contains(what, Assert.Throws<FoveaException>(() => TextGenerator.Generate(model, [Make(model, 3, 1)], options, cancel: Cancel)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void No_tensor_is_left_behind()
    {
        using var model = ModelPresets.Create("tiny-llava", Vocabulary, 4, Loud);
        var prompts = Prompts(model);
        long Left()
        {
            var before = TorchSharp.torch.Tensor.TotalCount;
            foreach (var way in new[] { "greedy", "sampling", "beams", "beams and penalty" })
            {
                TextGenerator.Generate(model, prompts, Options(way), cancel: Cancel);
                TextGenerator.Generate(model, prompts, Options(way) with { UseCache = false }, cancel: Cancel);
            }

            return TorchSharp.torch.Tensor.TotalCount - before;
        }

        Left();
        GC.Collect(); // what other tests dropped is freed now, not between the two counts
        GC.WaitForPendingFinalizers();
        Assert.Equal(0, Left());
    }

    private static ExpandedSample[] Prompts(VisionLanguageModel model) =>
        [.. Enumerable.Range(0, 7).Select(i => Make(model, 2 + (i * 5 % 7), i, withImage: i % 3 != 0))];

    private static Tensor NextLogProbs(VisionLanguageModel model, int[] ids)
    {
        using var batch = Collator.Collate(model, [new ExpandedSample([.. ids, 0], [ids.Length], [])]);
        return model.Logits(batch).log_softmax(-1).squeeze(0);
    }

    /// <summary>Every id is its number and a blank, and the blank comes with the next id.</summary>
    private sealed class Numbers : IIncrementalDecoder
    {
        private string _held = "";

        public static string Text(int id) => id.ToString(CultureInfo.InvariantCulture) + " ";

        public string Push(int id)
        {
            var text = _held + Text(id);
            _held = " ";
            return text[..^1];
        }

        public string Finish() => _held;
    }
}
