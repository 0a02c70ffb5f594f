namespace Fovea.Store.Export;

/// <summary>A conversation as its corpus has it, each answer with the tokens that carry loss: for trainers that render and tokenize by themselves.</summary>
/// <param name="Key">Source and record of the sample.</param>
/// <param name="Id">The sample's label; its key where it has none.</param>
/// <param name="Images">Names of its images, in the order of their tags.</param>
/// <param name="Turns">What was said.</param>
public sealed record WeightedConversation(SampleKey Key, string Id, IReadOnlyList<string> Images, IReadOnlyList<WeightedTurn> Turns)
{
    /// <summary>The first image; null without images.</summary>
    public string? Image => Images.Count > 0 ? Images[0] : null;

    /// <summary>Puts weights to a sample's answers. Targets that the length limit cuts keep their place, with weight 0.</summary>
    /// <param name="sample">The sample.</param>
    /// <param name="tokens">As scoring and training tokenize it.</param>
    /// <param name="weights">Its row of the weights file, kept or text-only; null: each target weighs 1.</param>
    /// <param name="normalization">How the file's weights are meant.</param>
    /// <param name="layout">Of image tokens and length.</param>
    /// <exception cref="InvalidInputException">As for <see cref="ExportedSample.Of"/>.</exception>
    public static WeightedConversation Of(
        Sample sample, TokenizedSample tokens, TokenWeights? weights, WeightNormalization normalization, ExportLayout layout)
    {
        var exported = ExportedSample.Of(tokens, weights, normalization, layout);
        float[] kept = [.. exported.LossWeights.Where((_, i) => exported.Labels[i] != ExportedSample.NoLabel)];
        var ids = tokens.TargetIds();
        var turns = sample.Turns.Select((turn, t) =>
        {
            var place = CodePoints(turn.Text);
            int[] own = [.. Enumerable.Range(0, ids.Length).Where(i => tokens.TargetSpans[i].Turn == t)];
            return new WeightedTurn(turn, [.. own.Select(i => new WeightedSpan(
                ids[i], place(tokens.TargetSpans[i].Start), place(tokens.TargetSpans[i].End), i < kept.Length ? kept[i] : 0f))]);
        });
        return new WeightedConversation(sample.Key, exported.Id, sample.Images, [.. turns]);
    }

    // Python counts a character outside the basic plane once; most texts have none.
    private static Func<int, int> CodePoints(string text) => text.AsSpan().ContainsAnyInRange('\ud800', '\udfff')
        ? end => end - text.AsSpan(0, end).ToArray().Count(char.IsLowSurrogate)
        : end => end;
}

/// <summary>One turn.</summary>
/// <param name="Turn">Who speaks, and what.</param>
/// <param name="Spans">Its tokens that carry loss or could, in order; none in a question.</param>
public sealed record WeightedTurn(Turn Turn, IReadOnlyList<WeightedSpan> Spans);

/// <summary>A token of an answer.</summary>
/// <param name="TokenId">Its id.</param>
/// <param name="Start">Where its characters begin in the turn's text, in Unicode code points.</param>
/// <param name="End">Where they end; equal to <paramref name="Start"/> for the token that ends the answer.</param>
/// <param name="Weight">Of its loss.</param>
public readonly record struct WeightedSpan(int TokenId, int Start, int End, float Weight);
