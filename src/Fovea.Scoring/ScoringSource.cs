using Fovea.Core.Errors;
using Fovea.Core.Samples;

namespace Fovea.Scoring;

/// <summary>The samples to score, in record order. They are tokenized only when their turn comes, so that a large corpus need not be in memory.</summary>
public sealed class ScoringSource
{
    private readonly Func<int, TokenizedSample> _tokenize;
    private readonly Func<int, SampleHead> _head;

    private ScoringSource(int count, Func<int, SampleHead> head, Func<int, TokenizedSample> tokenize)
    {
        Count = count;
        _head = head;
        _tokenize = tokenize;
    }

    /// <summary>Number of samples.</summary>
    public int Count { get; }

    /// <summary>A corpus and what encodes it, e.g. <see cref="ISampleEncoder.Encode"/>. A sample that the encoder refuses is recorded as invalid.</summary>
    public static ScoringSource FromSamples(IReadOnlyList<Sample> samples, Func<Sample, TokenizedSample> encode) => new(
        samples.Count, i => new SampleHead(samples[i].Key, samples[i].Id, samples[i].Images), i => encode(samples[i]));

    /// <summary>The same with records that could not become samples: each is listed in its place by record, invalid with its reason.</summary>
    public static ScoringSource FromSamples(
        IReadOnlyList<Sample> samples, Func<Sample, TokenizedSample> encode, IReadOnlyList<(SampleKey Key, string Reason)> invalid)
    {
        if (invalid.Count == 0)
        {
            return FromSamples(samples, encode);
        }

        var sources = samples.Select(s => s.Key.Source).Concat(invalid.Select(i => i.Key.Source)).Distinct(StringComparer.Ordinal).Select((s, i) => (s, i)).ToDictionary(StringComparer.Ordinal);
        var all = samples.Select(s => (s.Key, Sample: (Sample?)s, Reason: "")).Concat(invalid.Select(i => (i.Key, Sample: (Sample?)null, i.Reason)))
            .OrderBy(r => sources[r.Key.Source]).ThenBy(r => r.Key.Record).ToArray();
        return new ScoringSource(
            all.Length,
            i => new SampleHead(all[i].Key, all[i].Sample?.Id, all[i].Sample?.Images ?? []),
            i => all[i].Sample is { } sample ? encode(sample) : throw new InvalidInputException(all[i].Key.Source, all[i].Key.Record, all[i].Reason));
    }

    /// <summary>Samples that are tokenized already. One without image names counts as text-only and is not scored, so a text-only encoder must keep them.</summary>
    public static ScoringSource FromTokenized(IReadOnlyList<TokenizedSample> samples) => new(
        samples.Count, i => new SampleHead(samples[i].Key, samples[i].Id, samples[i].Images), i => samples[i]);

    internal SampleHead Head(int index) => _head(index);

    internal TokenizedSample Tokenize(int index) => _tokenize(index);
}

/// <summary>What is known of a sample before it is tokenized.</summary>
internal sealed record SampleHead(SampleKey Key, string? Id, IReadOnlyList<string> Images);
