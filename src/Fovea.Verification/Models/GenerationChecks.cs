using Fovea.Models;
using Fovea.Models.Batching;
using Fovea.Models.Generation;
using Fovea.Verification.Checks;
using Fovea.Verification.Fixtures;
using static TorchSharp.torch;

namespace Fovea.Verification.Models;

/// <summary>Greedy ids, the ids of the best of three beams, and its score.</summary>
internal static class GenerationChecks
{
    private const int EndId = 2;

    public static void Run(FixtureFolder fixture, CheckList checks, VisionLanguageModel model, IReadOnlyList<ExpandedSample> prompts)
    {
        checks.Measure("greedy", () =>
        {
            var expected = Rows(fixture.Tensor("generate.expected.greedy", 2));
            var generated = GreedyGenerator.Generate(model, prompts, expected[0].Length, EndId);
            return Difference.Exact<int>(Flat(expected.Select(UpToEnd)), Flat(generated));
        });
    }

    /// <summary>Prompts without their padding on the left.</summary>
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

    private static int[] UpToEnd(int[] row) => [.. row.TakeWhile(i => i != EndId)];

    // Rows of different length must not line up: each ends with a mark.
    private static int[] Flat(IEnumerable<IEnumerable<int>> rows) => [.. rows.SelectMany(r => r.Append(-1))];
}
