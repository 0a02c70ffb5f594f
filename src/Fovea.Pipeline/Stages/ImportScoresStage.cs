using System.Text.RegularExpressions;
using Fovea.Core.Configuration;
using Fovea.Data.Corpora;
using Fovea.Data.Images;
using Fovea.Data.Templates;
using Fovea.Pipeline.Importing;
using Fovea.Store;
using Fovea.Store.Import;

namespace Fovea.Pipeline.Stages;

/// <summary>A score store of rows that another engine computed, held to corpus, tokenizer and template as if it had been scored here (docs/import.md).</summary>
public sealed partial record ImportScoresStage : IStage
{
    /// <summary>Files of rows, JSON Lines or Parquet; each sample in one of them.</summary>
    [InputPath]
    public required IReadOnlyList<string> Rows { get; init; }

    /// <summary>The corpus that was scored.</summary>
    public required IReadOnlyList<DataSource> Data { get; init; }

    /// <summary>Folder of the scoring model, for its tokenizer.</summary>
    [InputPath]
    public required string Model { get; init; }

    /// <summary>How samples were rendered.</summary>
    public string Template { get; init; } = TokenizedCorpus.TemplateName;

    /// <summary>What computed the scores, in words, for the store's provenance: model, engine, types.</summary>
    public string Engine { get; init; } = "not said";

    /// <summary>Samples that may be unusable and are listed as such.</summary>
    public int MaxInvalid { get; init; }

    public string Kind => "import_scores";

    IReadOnlyCollection<string>? IStage.Outputs => [];

    public void Check() => Check(Catalogues.BuiltIn);

    public void Check(Catalogues catalogues)
    {
        TemplateChoice.Check(Template, catalogues.Templates);
        DataSource.Check(Data);
        OptionCheck.Require(MaxInvalid >= 0, "max_invalid", "at least 0", MaxInvalid);
        if (Rows.Count == 0 || Rows.FirstOrDefault(r => Path.GetExtension(r) is not (".jsonl" or ".json" or ".parquet")) is not null)
        {
            throw new UsageException($"rows: expected files that end in .jsonl, .json or .parquet, got {(Rows.Count == 0 ? "none" : string.Join(", ", Rows))}");
        }
    }

    public SortedDictionary<string, string> HashInputs(InputHasher hasher) => Rows.Index()
        .Aggregate(new InputHashes(hasher).Data("data", Data).Tokenizer(Model), (all, r) => all.File($"rows[{r.Index}]", r.Item)).ByRole;

    public bool IsIntact(string folder) => ScoringStages.IsIntact(folder);

    public JsonObject Run(StageContext context)
    {
        var isNew = !ScoreStoreReader.IsStore(context.Out);
        try
        {
            return Import(context);
        }
        catch (FoveaException) when (isNew)
        {
            // What was refused leaves nothing behind, so that the corrected rows can be imported into the same folder.
            foreach (var file in Directory.EnumerateFiles(context.Out, "*.parquet").Append(Path.Combine(context.Out, ScoreStoreReader.ManifestFile)))
            {
                File.Delete(file);
            }

            throw;
        }
    }

    private JsonObject Import(StageContext context)
    {
        var conditions = ConditionsOf(Rows);
        var seesImages = conditions.Any(c => c != Conditions.TextOnlyReference);
        var corpus = ScoringCorpus.Open(Data, Model, seesImages ? CorpusView.Image : CorpusView.TextOnly, Template, new InvalidRecords(MaxInvalid),
            context.Catalogues.Templates);
        var records = InOrder(corpus);
        using var rows = new RowsInOrder(Rows, records.Select((r, i) => (r.Key, i)).ToDictionary(r => r.Key, r => r.i));
        using var store = ScoreStoreWriter.Open(context.Out, Provenance(corpus, context), held: context.Lock);
        store.WriteTokens([.. Enumerable.Range(0, corpus.Tokenizer.VocabSize).Select(corpus.Encoder.TokenText)]);
        var import = new ImportedScores(conditions, seesImages ? new ImageHashes(corpus.Corpus, context.Hasher).Of : null);
        var (shard, done) = (0, 0);
        foreach (var chunk in records.Chunk(ScoreStoreWriter.MaxShardRows))
        {
            store.WriteShard(shard++, Array.ConvertAll(chunk, r =>
            {
                context.Stop.ThrowIfCancellationRequested();
                return r.Sample is null ? import.Listed(r.Key, null, null, r.Reason) : Score(r.Sample, corpus, rows, import);
            }));
            context.Progress.Report("import", done += chunk.Length, records.Count);
        }

        rows.Finish();
        store.Complete();
        return ScoringStages.Result(context, conditions);
    }

    private TokenScores Score(Sample sample, ScoringCorpus corpus, RowsInOrder rows, ImportedScores import)
    {
        var hasImage = sample.Images.Count > 0;
        var row = rows.Find(sample.Key, required: hasImage);
        TokenizedSample? tokens = null;
        try
        {
            tokens = corpus.Encoder.Encode(sample);
            return !hasImage ? import.Listed(sample.Key, sample, tokens, null)
                : row is null ? throw new FoveaException($"{sample.Key}: expected a row of this sample in {string.Join(", ", Rows)}, got none among "
                    + $"{rows.Count}; score it, or give a row of its source and record with an invalid_reason")
                : row.InvalidReason is { } reason ? throw new InvalidInputException(sample.Key.Source, sample.Key.Record, reason)
                : import.Of(tokens, row);
        }
        catch (InvalidInputException e) when (row is null || e.File != row.File)
        {
            corpus.Invalid.Add(sample.Key, e);
            return import.Listed(sample.Key, sample, tokens, e.Reason);
        }
    }

    /// <summary>All records, those that cannot be read in their places.</summary>
    private static List<(SampleKey Key, Sample? Sample, string Reason)> InOrder(ScoringCorpus corpus)
    {
        var all = corpus.Corpus.Samples.Select(s => (s.Key, Sample: (Sample?)s, Reason: ""))
            .Concat(corpus.Invalid.Records.Select(r => (r.Key, Sample: (Sample?)null, r.Reason))).ToList();
        var sources = all.Select(r => r.Key.Source).Distinct(StringComparer.Ordinal).Select((s, i) => (s, i)).ToDictionary(StringComparer.Ordinal);
        return [.. all.OrderBy(r => sources[r.Key.Source]).ThenBy(r => r.Key.Record)];
    }

    /// <summary>The conditions of the first scored row, which all others must have.</summary>
    private static string[] ConditionsOf(IReadOnlyList<string> files)
    {
        var first = files.SelectMany(RowsInOrder.Read).FirstOrDefault(r => r.LogProbs.Count > 0)
            ?? throw new InvalidInputException(files[0], null,
                $"no row has a key such as {ScoreRow.LogProbPrefix}{Conditions.Image}, so that there is nothing to import");
        return first.LogProbs.Keys.FirstOrDefault(c => c is not (Conditions.Image or Conditions.TextOnlyReference) && !Visionless().IsMatch(c)) is { } unknown
            ? throw first.Error($"{ScoreRow.LogProbPrefix}{unknown}: expected the condition {Conditions.Image}, {Conditions.TextOnlyReference} or "
                + $"{Conditions.Visionless("NAME")}, such as {Conditions.Visionless("blur")}; rename the key")
            : [.. first.LogProbs.Keys.Order(StringComparer.Ordinal)];
    }

    private Dictionary<string, string> Provenance(ScoringCorpus corpus, StageContext context) =>
        ScoringStages.With(new Dictionary<string, string> { ["method"] = "imported", ["engine"] = Engine }, corpus, context);

    [GeneratedRegex("^visionless:[A-Za-z0-9._@+-]{1,64}$")]
    private static partial Regex Visionless();
}
