using System.Globalization;
using Fovea.Core.Scores;
using Fovea.Selection;

namespace Fovea.Extensions;

/// <summary>Tokens that a text-only reference did not expect: those of at least so many nats carry loss.</summary>
public sealed class SurpriseSelector(double floorNats) : ISelector, ISelection
{
    public static SelectorDefinition Definition { get; } = new(
        "surprise", "tokens of at least 'floor' nats under the text-only reference", ["floor"],
        request => new SurpriseSelector(request.Number("floor", otherwise: 1)));

    public WeightNormalization Normalization => WeightNormalization.None;

    public bool WeighsTokens => true;

    public IReadOnlyCollection<string> Conditions => [Core.Scores.Conditions.TextOnlyReference];

    public double? Tau => null;

    public double? TokenTau => floorNats;

    public IReadOnlyDictionary<string, string> Describe() => new Dictionary<string, string>
    {
        ["method"] = "surprise",
        ["floor"] = floorNats.ToString("R", CultureInfo.InvariantCulture),
    };

    // A threshold of its own needs no look at all scores.
    public ISelection Fit(IEnumerable<TokenScores> scores) => this;

    public Decision Decide(TokenScores sample) =>
        Decision.Keep(Array.ConvertAll(sample.LogProbs[Core.Scores.Conditions.TextOnlyReference], logProb => -logProb >= floorNats ? 1f : 0f));
}
