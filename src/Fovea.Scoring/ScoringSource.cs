namespace Fovea.Scoring;

/// <summary>The samples to score, in record order. They are tokenized only when their turn comes, so that a large corpus need not be in memory.</summary>
public sealed class ScoringSource
{
    private readonly IReadOnlyList<Record> _records;
    private readonly Func<Sample, TokenizedSample> _encode;

    private ScoringSource(IReadOnlyList<Record> records, Func<Sample, TokenizedSample> encode)
    {
        _records = records;
        _encode = encode;
    }

    /// <summary>Number of samples.</summary>
    public int Count => _records.Count;

    /// <summary>The samples that have an image.</summary>
    internal IEnumerable<Sample> WithImages => _records.Select(r => r.Sample).OfType<Sample>().Where(s => s.Images.Count > 0);

    /// <summary>A corpus and what encodes it, e.g. <see cref="ISampleEncoder.Encode"/>. A sample that the encoder refuses is recorded as invalid.</summary>
    public static ScoringSource FromSamples(IReadOnlyList<Sample> samples, Func<Sample, TokenizedSample> encode) => FromSamples(samples, encode, []);

    /// <summary>The same with records that could not become samples: each is listed in its place by record, invalid with its reason.</summary>
    public static ScoringSource FromSamples(
        IReadOnlyList<Sample> samples, Func<Sample, TokenizedSample> encode, IReadOnlyList<(SampleKey Key, string Reason)> invalid)
    {
        var records = samples.Select(s => new Record(s.Key, s, "")).Concat(invalid.Select(i => new Record(i.Key, null, i.Reason)));
        if (invalid.Count == 0)
        {
            return new ScoringSource([.. records], encode);
        }

        var sources = samples.Select(s => s.Key.Source).Concat(invalid.Select(i => i.Key.Source)).Distinct(StringComparer.Ordinal).Select((s, i) => (s, i))
            .ToDictionary(StringComparer.Ordinal);
        return new ScoringSource([.. records.OrderBy(r => sources[r.Key.Source]).ThenBy(r => r.Key.Record)], encode);
    }

    internal SampleHead Head(int index)
    {
        var (key, sample, _) = _records[index];
        return new SampleHead(key, sample?.Id, sample?.Images ?? []);
    }

    internal TokenizedSample Tokenize(int index) => _records[index] is { Sample: { } sample }
        ? _encode(sample)
        : throw new InvalidInputException(_records[index].Key.Source, _records[index].Key.Record, _records[index].Reason);

    private sealed record Record(SampleKey Key, Sample? Sample, string Reason);
}

/// <summary>What is known of a sample before it is tokenized.</summary>
internal sealed record SampleHead(SampleKey Key, string? Id, IReadOnlyList<string> Images);
