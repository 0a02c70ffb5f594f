using Fovea.Core.Randomness;
using Fovea.Data.Corpora;
using Fovea.Data.Images;
using Fovea.Data.Templates;

namespace Fovea.Data.Auditing;

/// <summary>Records that a corpus cannot use for one reason.</summary>
/// <param name="Reason">Its name: one of the rules of records, conversations or templates, <c>image</c> for a picture that is missing or refused, else
/// <c>malformed</c>.</param>
/// <param name="Count">How many.</param>
/// <param name="First">The first of them, with what is wrong with it.</param>
public sealed record InvalidCount(string Reason, int Count, string First);

/// <summary>Valid records that training uses as they are, and that are seldom meant so.</summary>
/// <param name="Name"><c>empty_answer</c>, <c>blank_answer</c> or <c>repeated_id</c>.</param>
/// <param name="Count">How many records.</param>
/// <param name="Examples">The first few, in words.</param>
public sealed record AuditWarning(string Name, int Count, IReadOnlyList<string> Examples);

/// <summary>How many valid samples have so many tokens.</summary>
/// <param name="From">The least.</param>
/// <param name="To">The most.</param>
/// <param name="Count">Samples.</param>
public sealed record LengthBin(int From, int To, int Count);

/// <summary>What a corpus is under a tokenizer and a template, before images are expanded and texts are cut. Valid and invalid records add up to all.</summary>
public sealed record CorpusAudit
{
    /// <summary>Records in the file.</summary>
    public required int Records { get; init; }

    /// <summary>Records that training could use.</summary>
    public required int Valid { get; init; }

    /// <summary>Valid samples without an image.</summary>
    public required int TextOnly { get; init; }

    /// <summary>Tokens of all valid samples; an image is one token.</summary>
    public required long Tokens { get; init; }

    /// <summary>Tokens of valid samples that carry loss.</summary>
    public required long Targets { get; init; }

    /// <summary>Images that valid samples name; one named twice counts twice.</summary>
    public required long Images { get; init; }

    /// <summary>Tokens of the longest valid sample.</summary>
    public required int LongestSample { get; init; }

    /// <summary>Lengths of valid samples in bins that double.</summary>
    public required IReadOnlyList<LengthBin> Lengths { get; init; }

    /// <summary>Valid samples by the template they were rendered with.</summary>
    public required IReadOnlyDictionary<string, int> Templates { get; init; }

    /// <summary>The others by reason, the most frequent first.</summary>
    public required IReadOnlyList<InvalidCount> Invalid { get; init; }

    /// <summary>Each of the others, in file order.</summary>
    public required IReadOnlyList<InvalidRecord> InvalidRecords { get; init; }

    /// <summary>What is odd about valid records.</summary>
    public required IReadOnlyList<AuditWarning> Warnings { get; init; }

    /// <summary>Some valid samples, in file order.</summary>
    public required IReadOnlyList<MarkedSample> Samples { get; init; }

    /// <summary>Examines a corpus.</summary>
    /// <param name="corpus">Read with an unlimited number of invalid records.</param>
    /// <param name="encoder">Tokenizer and templates.</param>
    /// <param name="samples">How many samples to show.</param>
    /// <param name="seed">Which ones: the same seed shows the same.</param>
    /// <param name="decode">Whether every image is decoded; otherwise it must only be there.</param>
    /// <param name="cancel">Stops the work.</param>
    public static CorpusAudit Of(FileCorpus corpus, SampleEncoder encoder, int samples, long seed, bool decode = false, CancellationToken cancel = default)
    {
        var (valid, templates, lengths) = (new List<Sample>(), new SortedDictionary<string, int>(StringComparer.Ordinal), new List<int>());
        var invalid = corpus.Invalid.ToList();
        var (targets, images) = (0L, 0L);
        var decoded = decode ? new DecodedImages(corpus) : null;
        foreach (var sample in corpus.Samples)
        {
            cancel.ThrowIfCancellationRequested();
            try
            {
                corpus.FindImages(sample);
                decoded?.Require(sample);
                var encoded = encoder.Encode(sample);
                lengths.Add(encoded.InputIds.Length);
                targets += encoded.TargetIndices.Length;
                images += encoded.Images.Count;
                var template = encoder.Templates.For(sample).Name;
                templates[template] = templates.GetValueOrDefault(template) + 1;
                valid.Add(sample);
            }
            catch (InvalidInputException e)
            {
                invalid.Add(new InvalidRecord(sample.Key, e.Reason));
            }
        }

        invalid.Sort((a, b) => a.Key.Record.CompareTo(b.Key.Record));
        var shown = new RandomSource(seed, "audit").Permutation(valid.Count).Take(samples).Order();
        return new CorpusAudit
        {
            Records = corpus.Samples.Count + corpus.Invalid.Count,
            Valid = valid.Count,
            TextOnly = valid.Count(s => s.Images.Count == 0),
            Tokens = lengths.Sum(l => (long)l),
            Targets = targets,
            Images = images,
            LongestSample = lengths.DefaultIfEmpty(0).Max(),
            Lengths = Histogram(lengths),
            Templates = templates,
            Invalid = [.. Corpora.InvalidRecords.CountByReason(invalid.Select(i => i.Name))
                .Select(c => new InvalidCount(c.Key, c.Value, First(invalid.First(i => i.Name == c.Key))))],
            InvalidRecords = invalid,
            Warnings = AuditWarnings.Of(valid),
            Samples = [.. shown.Select(i => encoder.Mark(valid[i]))],
        };
    }

    // The name is before the count already.
    private static string First(InvalidRecord record) =>
        $"record {record.Key.Record}: {(record.Reason.StartsWith(record.Name + ": ", StringComparison.Ordinal) ? record.Reason[(record.Name.Length + 2)..] : record.Reason)}";

    private static LengthBin[] Histogram(List<int> lengths) =>
        [.. lengths.CountBy(l => int.Log2(Math.Max(1, l))).OrderBy(b => b.Key)
            .Select(b => new LengthBin(1 << b.Key, (int)Math.Min(int.MaxValue, (2L << b.Key) - 1), b.Value))];
}
