using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Fovea.Data.Corpora;
using Fovea.Store;

namespace Fovea.Training.Examples;

/// <summary>
/// What a run trains on: tokenized samples, each with its weights or none. It knows which weights, not how they came about. Immutable.
/// </summary>
public sealed class TrainingSet
{
    private TrainingSet(List<TrainingExample> examples, WeightNormalization normalization, string data, string weights)
    {
        Examples = examples;
        Normalization = normalization;
        DataFingerprint = data;
        WeightsFingerprint = weights;
    }

    /// <summary>Number of samples that are trained on.</summary>
    public int Count => Examples.Count;

    /// <summary>Samples that selection left out.</summary>
    public int Dropped { get; private init; }

    /// <summary>Samples trained on that selection passed by, since they have no image.</summary>
    public int TextOnly { get; private init; }

    /// <summary>Samples that selection found unfit, with the reasons.</summary>
    public IReadOnlyList<InvalidRecord> Invalid { get; private init; } = [];

    /// <summary>How weights are scaled after truncation.</summary>
    public WeightNormalization Normalization { get; }

    /// <summary>SHA-256 over keys and fingerprints of all samples given, in order.</summary>
    public string DataFingerprint { get; }

    /// <summary>SHA-256 over the weights of all samples given, in order; <c>none</c> without weights.</summary>
    public string WeightsFingerprint { get; }

    internal IReadOnlyList<TrainingExample> Examples { get; }

    /// <summary>Plain next-token prediction: every target weighs one.</summary>
    /// <exception cref="FoveaException">No sample, or a key is given twice.</exception>
    public static TrainingSet Unweighted(IEnumerable<TokenizedSample> samples) => Build(samples, null, WeightNormalization.None);

    /// <summary>Joins samples with their weights by key, fingerprint and image bytes. Dropped and invalid rows are left out and counted.</summary>
    /// <param name="samples">As training tokenized them.</param>
    /// <param name="weights">A row for each.</param>
    /// <param name="imageHash">SHA-256 over the bytes of a sample's image files, null without images; called only for rows whose scores saw
    /// images (VIG).</param>
    /// <exception cref="FoveaException">A sample has no row, was weighted under another tokenization or with another image, is given twice, or no
    /// sample remains.</exception>
    public static TrainingSet Join(IEnumerable<TokenizedSample> samples, WeightsFile weights, Func<TokenizedSample, string?> imageHash) =>
        Build(samples, sample => weights.Lookup(sample, imageHash), weights.Normalization);

    private static TrainingSet Build(IEnumerable<TokenizedSample> samples, Func<TokenizedSample, TokenWeights>? lookup, WeightNormalization normalization)
    {
        using var data = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var weights = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(weights, normalization.ToString());
        var seen = new HashSet<SampleKey>();
        var examples = new List<TrainingExample>();
        var invalid = new List<InvalidRecord>();
        int dropped = 0, textOnly = 0;
        foreach (var sample in samples)
        {
            if (!seen.Add(sample.Key))
            {
                throw new InvalidInputException(sample.Key.Source, sample.Key.Record, "the sample is in the training set twice; give each file once");
            }

            Append(data, $"{sample.Key}|{sample.TextFingerprint}|{sample.ContextFingerprint}");
            var row = lookup?.Invoke(sample);
            if (row is not null)
            {
                Append(weights, $"{row.Status}|{row.Weights?.Length ?? -1}");
                weights.AppendData(MemoryMarshal.AsBytes<float>(row.Weights));
            }

            switch (row?.Status)
            {
                case SelectionStatus.Dropped:
                    dropped++;
                    continue;
                case SelectionStatus.Invalid:
                    invalid.Add(new InvalidRecord(sample.Key, row.Reason ?? "no reason given") { Counted = false });
                    continue;
                case SelectionStatus.TextOnly:
                    textOnly++;
                    break;
            }

            examples.Add(new TrainingExample(sample, row?.Weights));
        }

        if (examples.Count == 0)
        {
            throw new FoveaException($"no sample to train on: {seen.Count} given, {dropped} dropped by selection, {invalid.Count} invalid");
        }

        var weightsHash = lookup is null ? "none" : Convert.ToHexStringLower(weights.GetHashAndReset());
        return new TrainingSet(examples, normalization, Convert.ToHexStringLower(data.GetHashAndReset()), weightsHash)
        {
            Dropped = dropped,
            TextOnly = textOnly,
            Invalid = invalid,
        };
    }

    private static void Append(IncrementalHash hash, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, bytes.Length);
        hash.AppendData(length);
        hash.AppendData(bytes);
    }
}

/// <summary>A sample and its raw weights <c>[targets]</c>, null for one each.</summary>
internal sealed record TrainingExample(TokenizedSample Sample, float[]? Weights);
