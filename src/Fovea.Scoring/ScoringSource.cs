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

    /// <summary>Samples that are tokenized already. One without image names counts as text-only and is not scored, so a text-only encoder must keep them.</summary>
    public static ScoringSource FromTokenized(IReadOnlyList<TokenizedSample> samples) => new(
        samples.Count, i => new SampleHead(samples[i].Key, samples[i].Id, samples[i].Images), i => samples[i]);

    internal SampleHead Head(int index) => _head(index);

    internal TokenizedSample Tokenize(int index) => _tokenize(index);
}

/// <summary>What is known of a sample before it is tokenized.</summary>
internal sealed record SampleHead(SampleKey Key, string? Id, IReadOnlyList<string> Images);
