using Fovea.Models;
using Fovea.Models.Batching;
using Fovea.Models.Generation;
using Fovea.Verification.Checks;
using Fovea.Verification.Fixtures;
using static TorchSharp.torch;

namespace Fovea.Verification.Models;

/// <summary>Greedy ids, the ids of the best of three beams, and its score. A row counts up to and including its end id.</summary>
internal static class GenerationChecks
{
    private const int DefaultEndId = 2, NumBeams = 3;

    /// <summary>Continues prompts by at most <paramref name="maxNewTokens"/> ids, unless the case states another number.</summary>
    public static void Run(FixtureFolder fixture, CheckList checks, VisionLanguageModel model, IReadOnlyList<ExpandedSample> prompts, int maxNewTokens)
    {
        var endId = fixture.Json.Try("eos_token_id") is null ? DefaultEndId : fixture.Json.Int("eos_token_id");
        var options = new GenerationOptions
        {
            MaxNewTokens = fixture.Json.Try("max_new_tokens") is null ? maxNewTokens : fixture.Json.Int("max_new_tokens"),
            EndIds = [endId],
        };
        checks.Measure("greedy", () => Compare(fixture, "greedy", TextGenerator.Generate(model, prompts, options), endId));
        checks.Attempt("beam3", () =>
        {
            var found = TextGenerator.Generate(model, prompts, options with { Beams = new BeamOptions { NumBeams = NumBeams } });
            checks.Measure("beam3", () => Compare(fixture, "beam3", found, endId));
            checks.Measure("beam3_score", () => Difference.Numbers(
                Array.ConvertAll(fixture.Tensor("generate.expected.beam3_score", 1).Floats(), s => (double)s),
                Array.ConvertAll(found, f => f.Score ?? double.NaN), fixture.Tolerance));
        });
    }

    public static ExpandedSample[] Prompts(Tensor ids, Tensor mask)
    {
        var (rows, keep) = (Rows(ids), Rows(mask));
        return [.. rows.Zip(keep, (row, kept) => new ExpandedSample([.. row.Where((_, i) => kept[i] == 1)], [], []))];
    }

    public static int[][] Rows(Tensor ids)
    {
        var (values, width) = (ids.Ints(), (int)ids.shape[1]);
        return [.. Enumerable.Range(0, (int)ids.shape[0]).Select(b => values[(b * width)..((b + 1) * width)])];
    }

    private static Difference Compare(FixtureFolder fixture, string name, GeneratedSequence[] found, int endId)
    {
        var expected = Rows(fixture.Tensor($"generate.expected.{name}", 2))
            .Select(row => Array.IndexOf(row, endId) is >= 0 and var end ? row[..(end + 1)] : row);
        var actual = found.Select(f => f.EndId is { } end ? [.. f.Ids, end] : f.Ids);

        // Rows of different lengths must not line up: each ends with a mark.
        return Difference.Exact<int>([.. expected.SelectMany(r => r.Append(-1))], [.. actual.SelectMany(r => r.Append(-1))]);
    }
}
