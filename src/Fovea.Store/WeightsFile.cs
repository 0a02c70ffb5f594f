using Fovea.Store.Parquet;

namespace Fovea.Store;

/// <summary>
/// The training weights of a corpus: one Parquet file with a row for each sample, whatever its status, and how the weights are meant in its metadata.
/// All that training reads of scoring and selection. Thread-safe for reading.
/// </summary>
public sealed class WeightsFile
{
    private readonly Dictionary<SampleKey, TokenWeights> _rows;
    private readonly string _path;

    private WeightsFile(string path, WeightsContent content)
    {
        _path = path;
        Normalization = content.Normalization;
        Metadata = content.Metadata;
        Rows = content.Rows;
        _rows = new Dictionary<SampleKey, TokenWeights>(content.Rows.Count);
        foreach (var row in content.Rows)
        {
            if (!_rows.TryAdd(row.Key, row))
            {
                throw new InvalidInputException(path, null, $"{row.Key} appears twice; make the weights again");
            }
        }
    }

    /// <summary>How the weights of a sample are scaled once it is cut to length.</summary>
    public WeightNormalization Normalization { get; }

    /// <summary>What made them: method, tau, report, provenance of the scores.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>All rows in record order.</summary>
    public IReadOnlyList<TokenWeights> Rows { get; }

    /// <summary>Writes a weights file atomically, streaming over <paramref name="rows"/>.</summary>
    /// <param name="path">Where to.</param>
    /// <param name="rows">One a sample of the corpus, in record order.</param>
    /// <param name="normalization">How the weights are meant.</param>
    /// <param name="metadata">What made them, by field; stored as JSON.</param>
    public static void Write(
        string path, IEnumerable<TokenWeights> rows, WeightNormalization normalization, IReadOnlyDictionary<string, string> metadata) =>
        Write(path, rows, normalization, () => metadata);

    /// <summary>The same, with metadata that are known once all rows were enumerated.</summary>
    /// <exception cref="FoveaException">The disk refuses.</exception>
    public static void Write(
        string path, IEnumerable<TokenWeights> rows, WeightNormalization normalization, Func<IReadOnlyDictionary<string, string>> metadata,
            IFileLayer? files = null)
    {
        try
        {
            AtomicFile.Write(path, stream => WeightsCodec.Write(stream, rows, normalization, metadata), files);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FoveaException($"{path}: cannot be written: {DiskError.Reason(e)}", e);
        }
    }

    /// <summary>Reads a weights file.</summary>
    /// <exception cref="FoveaException">The file is missing, torn or not a weights file.</exception>
    public static WeightsFile Read(string path)
    {
        if (!File.Exists(path))
        {
            throw new InvalidInputException(path, null, "no such weights file; make it with the select command");
        }

        try
        {
            using var stream = RegularFile.Open(path, RegularFile.MaxCorpus);
            return new WeightsFile(path, WeightsCodec.Read(stream));
        }
        catch (Exception e) when (e is not FoveaException and not OutOfMemoryException)
        {
            throw new InvalidInputException(path, null, $"not a weights file, or torn ({e.Message}); make the weights again", e);
        }
    }

    /// <summary>The row of a sample, whatever it was tokenized as; null where there is none.</summary>
    public TokenWeights? Find(SampleKey key) => _rows.GetValueOrDefault(key);

    /// <summary>The weights of a sample as training tokenized it, whatever its images hold.</summary>
    /// <exception cref="InvalidInputException">The sample is absent, or was weighted under another tokenization, or a weight is no number
    /// of at least 0.</exception>
    public TokenWeights Lookup(TokenizedSample sample)
    {
        if (!_rows.TryGetValue(sample.Key, out var row))
        {
            var sources = Rows.Select(r => r.Key.Source).Distinct(StringComparer.Ordinal).ToArray();
            throw sources.Contains(sample.Key.Source) || sources.Length == 0
                ? new InvalidInputException(sample.Key.Source, sample.Key.Record,
                    $"weights in {_path}: expected a row for {sample.Key}, got none; score and select this corpus")
                : new InvalidInputException(sample.Key.Source, sample.Key.Record,
                    $"weights in {_path}: expected a row for {sample.Key}, got rows of {string.Join(", ", sources.Take(3))} only; if that is the same file "
                        + $"under another name give --rename {sources[0]}={sample.Key.Source} (\"name\": \"{sources[0]}\" in data), else score and "
                        + $"select this corpus");
        }

        if (row.TextFingerprint != sample.TextFingerprint)
        {
            throw Mismatch(sample, $"text fingerprint {sample.TextFingerprint}", row.TextFingerprint);
        }

        if (row.ContextFingerprint is { } context && context != sample.ContextFingerprint)
        {
            throw Mismatch(sample, $"context fingerprint {sample.ContextFingerprint}", context);
        }

        if (row.ConversationFingerprint is { } conversation && conversation != sample.ConversationFingerprint)
        {
            throw new InvalidInputException(sample.Key.Source, sample.Key.Record,
                $"weights in {_path}: expected conversation fingerprint {sample.ConversationFingerprint ?? "none"}, got {conversation}: what its scores were "
                    + $"conditioned on changed (a question, the instructions, or the template); restore it, or score and select again");
        }

        if (row.Weights is { } weights && weights.Length != sample.TargetIndices.Length)
        {
            throw Mismatch(sample, $"{sample.TargetIndices.Length} weights", $"{weights.Length}");
        }

        if (row.Weights is { } values && Array.FindIndex(values, w => !(w >= 0) || float.IsInfinity(w)) is >= 0 and var wrong)
        {
            throw new InvalidInputException(_path, null, $"{row.Key}: weight {wrong} is {values[wrong].ToString(CultureInfo.InvariantCulture)}; expected a "
                + $"finite number of at least 0; make the weights again");
        }

        return row;
    }

    /// <summary>
    /// The same, held to the images too: weights whose scores saw images (VIG) are good for the same bytes alone, those of the text alone (PRIOR) for any.
    /// </summary>
    /// <param name="sample">As training tokenized it.</param>
    /// <param name="imageHash">SHA-256 over the bytes of its image files, null without images; called only where the weights carry one.</param>
    /// <exception cref="InvalidInputException">The sample is absent, was weighted under another tokenization, or its image's bytes changed.</exception>
    public TokenWeights Lookup(TokenizedSample sample, Func<TokenizedSample, string?> imageHash)
    {
        var row = Lookup(sample);
        if (row.ImageHash is { } image && imageHash(sample) is var now && now != image)
        {
            throw new InvalidInputException(sample.Key.Source, sample.Key.Record,
                $"weights in {_path}: expected image hash {image}, got {now ?? "none"}: its image {string.Join(", ", sample.Images)} changed since it was "
                    + $"scored; restore it, or score and select again");
        }

        return row;
    }

    private InvalidInputException Mismatch(TokenizedSample sample, string expected, string got) => new(sample.Key.Source, sample.Key.Record,
        $"weights in {_path}: expected {expected}, got {got}; score and select again under the tokenizer and template of training");
}

/// <summary>What a weights file holds.</summary>
internal sealed record WeightsContent(
    IReadOnlyList<TokenWeights> Rows, WeightNormalization Normalization, IReadOnlyDictionary<string, string> Metadata);
