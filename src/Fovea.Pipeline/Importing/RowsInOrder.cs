using Fovea.Store.Import;

namespace Fovea.Pipeline.Importing;

/// <summary>
/// Rows of several files in the order of a corpus. Each file may be in that order with gaps, as where engines shared the work: then one row of each is held.
/// Rows that come too early wait, up to a bound. Not thread-safe.
/// </summary>
internal sealed class RowsInOrder : IDisposable
{
    /// <summary>Most values of rows that wait: 128 MiB.</summary>
    public const long MostWaiting = 1 << 25;

    private readonly IReadOnlyDictionary<SampleKey, int> _places;
    private readonly long _mostWaiting;
    private readonly PriorityQueue<IEnumerator<ScoreRow>, int> _heads = new();
    private readonly List<IEnumerator<ScoreRow>> _files = [];
    private readonly HashSet<SampleKey> _seen = [];
    private readonly Dictionary<SampleKey, ScoreRow> _waiting = [];
    private long _values;

    /// <summary>Opens the files.</summary>
    /// <param name="files">Their paths.</param>
    /// <param name="places">Of every record of the corpus, its place in the corpus's order.</param>
    /// <param name="mostWaiting">Most values of rows that wait.</param>
    /// <exception cref="InvalidInputException">A first row is not of the corpus.</exception>
    public RowsInOrder(IReadOnlyList<string> files, IReadOnlyDictionary<SampleKey, int> places, long mostWaiting = MostWaiting)
    {
        (_places, _mostWaiting) = (places, mostWaiting);
        foreach (var file in files)
        {
            _files.Add(Read(file).GetEnumerator());
            Advance(_files[^1]);
        }
    }

    /// <summary>The rows of a file, by its ending.</summary>
    /// <exception cref="InvalidInputException">It is missing, or not of the form that its ending says.</exception>
    public static IEnumerable<ScoreRow> Read(string file) => !File.Exists(file)
        ? throw new InvalidInputException(file, null, "no such file of rows; give an existing one")
        : Path.GetExtension(file) == ".parquet" ? ParquetScoreRows.Read(file) : JsonScoreRows.Read(file);

    /// <summary>The row of a sample, which must be asked for in the corpus's order; null where there is none.</summary>
    /// <param name="key">The sample.</param>
    /// <param name="required">Whether to look for it in all that remains; of a sample that needs none, a row that comes late is passed over.</param>
    /// <exception cref="InvalidInputException">A row on the way is not of the corpus, or is of a sample that had one; or too many wait.</exception>
    public ScoreRow? Find(SampleKey key, bool required)
    {
        if (_waiting.Remove(key, out var found))
        {
            _values -= Size(found);
            return found;
        }

        var place = _places[key];
        while (_heads.TryPeek(out var file, out var at) && (required || at <= place))
        {
            var row = file.Current;
            _heads.Dequeue();
            Advance(file);
            if (row.Key == key)
            {
                return row;
            }

            if (at > place)
            {
                Wait(row, key);
            }
        }

        return null;
    }

    /// <summary>Reads what remains, so that rows of no sample and second rows of one are found there too.</summary>
    public void Finish()
    {
        while (_heads.TryDequeue(out var file, out _))
        {
            Advance(file);
        }
    }

    /// <summary>Rows read.</summary>
    public int Count => _seen.Count;

    public void Dispose() => _files.ForEach(f => f.Dispose());

    private static long Size(ScoreRow row) => (row.TargetIds?.Length ?? 0) + row.LogProbs.Values.Sum(v => (long)v.Length) + 16;

    private void Wait(ScoreRow row, SampleKey wanted)
    {
        _waiting.Add(row.Key, row);
        _values += Size(row);
        if (_values > _mostWaiting)
        {
            throw row.Error($"{_waiting.Count} rows of later samples came before that of {wanted}: it is missing, or the rows are far from the corpus's order; "
                + $"score it, or sort each file by source and record");
        }
    }

    private void Advance(IEnumerator<ScoreRow> file)
    {
        if (!file.MoveNext())
        {
            return;
        }

        var row = file.Current;
        if (!_places.TryGetValue(row.Key, out var place))
        {
            throw row.Error($"the corpus has no such record{(_places.Keys.Any(k => k.Source == row.Key.Source) ? "" : " and no such file: "
                + $"it has {string.Join(", ", _places.Keys.Select(k => k.Source).Distinct().Take(3))}")}; give the corpus that was scored (--rename OLD=NEW "
                + $"where its file has another name)");
        }

        if (!_seen.Add(row.Key))
        {
            throw row.Error("a second row of this sample; expected one row of each, so keep one");
        }

        _heads.Enqueue(file, place);
    }
}
