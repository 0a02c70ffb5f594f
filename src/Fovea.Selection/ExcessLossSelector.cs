using Fovea.Store;

namespace Fovea.Selection;

/// <summary>Options of <see cref="ExcessLossSelector"/>.</summary>
public sealed record ExcessLossOptions
{
    /// <summary>Per cent of the targets that carry loss, in (0, 100].</summary>
    public decimal Percent { get; init; } = 60;

    /// <summary>The condition of the model that is to be trained.</summary>
    public required string Model { get; init; }

    /// <summary>The condition of the reference model, e.g. joined from its store under a prefix (<see cref="ScoreJoin"/>).</summary>
    public required string Reference { get; init; }

    /// <summary>Whether end tokens may lose their loss.</summary>
    public bool StrictPaper { get; init; }
}

/// <summary>
/// Selective language modelling in the manner of Rho-1 (arXiv 2404.07965, section 2.2): the targets with the highest excess loss
/// <c>L_model - L_reference = log p_reference - log p_model</c> carry loss. Ranked once over the corpus, where Rho-1 ranks each batch as it trains.
/// Every sample is kept, ties too.
/// </summary>
public sealed class ExcessLossSelector(ExcessLossOptions options) : ISelector
{
    /// <summary>The method in the catalogue.</summary>
    public static SelectorDefinition Definition { get; } = new(
        "excess-loss", "tokens of the highest excess loss over a reference model, in Rho-1's manner",
        [nameof(SelectorRequest.Percent), nameof(SelectorRequest.Against), nameof(SelectorRequest.StrictPaper), nameof(SelectorRequest.HasReference)], Create);

    public WeightNormalization Normalization => WeightNormalization.None;

    public bool WeighsTokens => true;

    public IReadOnlyCollection<string> Conditions => [options.Model, options.Reference];

    public ScoreFacts Facts => ScoreFacts.None;

    public IReadOnlyDictionary<string, string> Describe() => new Dictionary<string, string>
    {
        ["method"] = "excess_loss",
        ["percent"] = options.Percent.ToString(CultureInfo.InvariantCulture),
        ["model"] = options.Model,
        ["reference"] = options.Reference,
        ["strict_paper"] = options.StrictPaper ? "true" : "false",
    };

    public ISelection Fit(IEnumerable<TokenScores> scores)
    {
        var ranked = scores.Where(PerSampleSelection.IsRanked);
        _ = Threshold.TopCount(options.Percent, 0);
        return OrderStatistic.LeastOfTop(ranked.SelectMany(Excess), options.Percent) is { } tau
            ? new PerSampleSelection(s => Decision.Keep(TokenMask.AtLeast(Excess(s), tau, s, options.StrictPaper)), tokenTau: tau)
            : new PerSampleSelection(_ => Decision.Keep(null));
    }

    private double[] Excess(TokenScores sample) => options.Model == options.Reference
        ? throw new UsageException($"excess loss: expected two different conditions, got {options.Model} twice")
        : VisualInformationGain.OfTokens(sample, options.Reference, options.Model);

    private static ExcessLossSelector Create(SelectorRequest request)
    {
        if (!request.HasReference)
        {
            throw new UsageException("--method excess-loss: give the reference model's store as --reference-scores");
        }

        var conditions = request.Scores.Conditions;
        var names = conditions.Where(c => conditions.Contains(JoinedStores.ReferencePrefix + c)).ToArray();
        var name = request.Against ?? (names.Contains(Core.Scores.Conditions.Image) ? Core.Scores.Conditions.Image : names.Length == 1 ? names[0] : null);
        return name is not null && names.Contains(name)
            ? new ExcessLossSelector(
                new ExcessLossOptions { Percent = request.Percent ?? VigOptions.PaperPercent, Model = name, Reference = JoinedStores.ReferencePrefix + name, StrictPaper = request.StrictPaper })
            : throw new UsageException($"--method excess-loss: both stores must hold one condition; they "
                + $"share {(names.Length == 0 ? "none" : string.Join(", ", names))}; name it with --against");
    }
}
