using System.Text.Json.Serialization;
using Fovea.Core.Configuration;
using Fovea.Evaluation.Analyses;
using Fovea.Evaluation.Captions;
using Fovea.Store;

namespace Fovea.Pipeline.Stages;

/// <summary>Agreement of PRIOR and VIG over the targets of a store with both, or of a VIG store and a PRIOR store of one corpus.</summary>
public sealed record ScoreAgreementStage : IStage
{
    /// <summary>One store, or two whose samples' fingerprints agree, VIG's first.</summary>
    [InputPath]
    public required IReadOnlyList<string> Scores { get; init; }

    /// <summary>Classes of words, as of <c>stored_words</c>; absent: the built-in visual lexicon.</summary>
    [InputPath]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Lexicon { get; init; }

    public string Kind => "score_agreement";

    public void Check() => OptionCheck.Require(Scores.Count is 1 or 2, "scores", "one store or two", Scores.Count);

    public SortedDictionary<string, string> HashInputs(InputHasher hasher) =>
        Scores.Index().Aggregate(new InputHashes(hasher), (all, s) => all.Store($"scores[{s.Index}]", s.Item)).File("lexicon", Lexicon).ByRole;

    public JsonObject Run(StageContext context)
    {
        var classes = Lexicon is null ? WordClasses.Visual : WordClasses.Read(Lexicon);
        var rows = new JoinedStores(Scores, reference: null, stop: context.Stop).Read(null).Where(r => r.LogProbs.Count > 0).ToArray();
        var origin = StoreOrigin.TryOpen(Scores[0], out var reason);
        var values = EvalResults.Write(context, ScoreAgreement.Evaluate(origin is null ? [.. rows.Select(r => (r, (IReadOnlyList<string?>?)null))]
            : [.. origin.ReadBeside(rows, context.Stop).Select(s => (s.Scores, (IReadOnlyList<string?>?)ClassesOf(s, classes)))]));
        if (reason is not null)
        {
            values["no_classes"] = reason;
        }

        return values;
    }

    private static string?[] ClassesOf(ScoredSample sample, WordClasses classes)
    {
        var of = new string?[sample.Scores.TargetIds.Length];
        foreach (var word in WordMerger.Merge(sample.Sample, sample.Tokens))
        {
            foreach (var target in word.Targets)
            {
                of[target] = classes.Of(word.Type);
            }
        }

        return of;
    }
}
