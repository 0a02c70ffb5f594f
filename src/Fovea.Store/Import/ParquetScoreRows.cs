using Parquet;

namespace Fovea.Store.Import;

/// <summary>Rows of scores in a Parquet file that another engine wrote, a row group in memory at a time.</summary>
public static class ParquetScoreRows
{
    /// <summary>The rows of a file, in its order.</summary>
    /// <exception cref="InvalidInputException">It is no such file; the message says which column, and what was expected.</exception>
    public static IEnumerable<ScoreRow> Read(string path)
    {
        using var stream = RegularFile.Open(path, RegularFile.MaxCorpus);
        var reader = Checked(path, () => ParquetReader.CreateAsync(stream));
        try
        {
            for (int g = 0, first = 0; g < reader.RowGroupCount; g++)
            {
                var (index, from) = (g, first);
                var rows = Checked(path, () => GroupAsync(path, reader, index, from));
                foreach (var row in rows)
                {
                    yield return row;
                }

                first += rows.Length;
            }
        }
        finally
        {
            reader.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }

    private static T Checked<T>(string path, Func<Task<T>> read)
    {
        try
        {
            return read().GetAwaiter().GetResult();
        }
        catch (InvalidDataException e)
        {
            throw new InvalidInputException(path, null, e.Message, e);
        }
        catch (Exception e) when (e is not OutOfMemoryException and not FoveaException)
        {
            throw new InvalidInputException(path, null, $"not valid Parquet, or torn ({e.Message.TrimEnd('.')}); write it again", e);
        }
    }

    private static async Task<ScoreRow[]> GroupAsync(string path, ParquetReader reader, int index, int first)
    {
        using var group = reader.OpenRowGroupReader(index);
        var columns = new ForeignColumns(reader.Schema, group);
        var source = await columns.TextsAsync("source") ?? throw new InvalidDataException("column source is missing");
        var record = await columns.WholeNumbersAsync("record");
        var targets = await columns.IdListsAsync("target_ids") ?? throw new InvalidDataException("column target_ids is missing");
        var invalid = await columns.TextsAsync("invalid_reason");
        var fingerprints = new List<(string Key, string?[] Values)>();
        foreach (var key in ScoreRow.FingerprintKeys)
        {
            if (await columns.TextsAsync(key) is { } values)
            {
                fingerprints.Add((key, values));
            }
        }

        var logProbs = new List<(string Condition, float[]?[] Values)>();
        foreach (var name in columns.Names.Where(n => n.StartsWith(ScoreRow.LogProbPrefix, StringComparison.Ordinal)))
        {
            logProbs.Add((name[ScoreRow.LogProbPrefix.Length..], await columns.RealListsAsync(name)));
        }

        return [.. record.Select((r, i) => new ScoreRow
        {
            Key = new SampleKey(source[i] ?? throw new InvalidDataException($"row {first + i} has no source"), r),
            File = path,
            Index = first + i,
            TargetIds = targets[i],
            InvalidReason = invalid?[i],
            Fingerprints = fingerprints.Where(f => f.Values[i] is not null).ToDictionary(f => f.Key, f => f.Values[i]!, StringComparer.Ordinal),
            LogProbs = logProbs.Where(l => l.Values[i] is not null).ToDictionary(l => l.Condition, l => l.Values[i]!, StringComparer.Ordinal),
        })];
    }
}
