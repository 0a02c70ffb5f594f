using Fovea.Data.Corpora;
using Fovea.Models;
using Fovea.Scoring;
using Fovea.Store;
using Fovea.Torch;

namespace Fovea.Pipeline.Stages;

/// <summary>What both scoring stages do: provenance, and writing where a stopped run left off.</summary>
public static class ScoringStages
{
    /// <summary>Whether every shard is what the store's manifest says.</summary>
    public static bool IsIntact(string folder)
    {
        try
        {
            return ScoreStoreReader.Open(folder).IsComplete;
        }
        catch (FoveaException)
        {
            return false;
        }
    }

    /// <summary>Scores into <paramref name="context"/>'s folder.</summary>
    public static JsonObject Score(
        ITokenScorer scorer, ScoringCorpus corpus, VisionLanguageModel model, StageContext context)
    {
        var provenance = new Dictionary<string, string>(scorer.Describe())
        {
            ["dtype"] = DtypeOf(model),
            ["num_threads"] = $"{context.NumThreads}",
        };
        if (!context.Device.IsCpu())
        {
            provenance["device"] = context.Device!.ToString(); // absent for the CPU, so that older stores are continued
        }

        using var store = ScoreStoreWriter.Open(context.Out, With(provenance, corpus, context), held: context.Lock);
        store.WriteTokens([.. Enumerable.Range(0, corpus.Tokenizer.VocabSize).Select(corpus.Encoder.TokenText)]);
        var lengths = new LongSamples(model.MaxLength);
        var summary = scorer.Score(corpus.Source(lengths.Note), store, context.Progress, context.Stop);
        if (lengths.Notice is { } notice)
        {
            context.Progress.Tell("score", summary.Samples, summary.Samples, notice);
        }

        return Result(context, scorer.Conditions);
    }

    /// <summary>Provenance with what every store says: tokenizer, template, versions, hashes of what was read.</summary>
    internal static Dictionary<string, string> With(Dictionary<string, string> provenance, ScoringCorpus corpus, StageContext context)
    {
        provenance["tokenizer"] = corpus.Encoder.TokenizerFingerprint;
        provenance["template"] = corpus.TemplateName;
        foreach (var (library, version) in BuildVersions.All())
        {
            provenance[library] = version;
        }

        foreach (var (role, hash) in context.Inputs)
        {
            provenance["input." + role] = hash;
        }

        return provenance;
    }

    /// <summary>What the complete store in the stage's folder holds; what could not be scored is listed beside it.</summary>
    internal static JsonObject Result(StageContext context, IEnumerable<string> conditions)
    {
        var counts = StoreSummary.Of(ScoreStoreReader.Open(context.Out));
        InvalidRecord[] invalid = [.. counts.InvalidSamples.Select(i => new InvalidRecord(i.Key, i.Reason))];
        var list = Path.Combine(context.Out, InvalidRecords.FileName);
        InvalidRecords.Write(list, invalid);
        foreach (var line in InvalidRecords.Summary(invalid, list))
        {
            context.Progress.Tell("score", counts.Samples, counts.Samples, line);
        }

        return new JsonObject
        {
            ["samples"] = counts.Samples,
            ["scored"] = counts.Scored,
            ["text_only"] = counts.TextOnly,
            ["invalid"] = counts.Invalid,
            ["invalid_reasons"] = LeftOutRecords.Reasons(invalid),
            ["targets"] = counts.Targets,
            ["conditions"] = new JsonArray([.. conditions.Select(c => (JsonNode)c)]),
        };
    }

    private static string DtypeOf(VisionLanguageModel model) =>
        string.Join(',', model.Parameters.All.Select(p => p.Value.dtype.ToString().ToLowerInvariant()).Distinct().Order(StringComparer.Ordinal));
}
