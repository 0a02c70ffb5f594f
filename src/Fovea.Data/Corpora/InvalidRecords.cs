using System.Text.Encodings.Web;
using System.Text.Json.Serialization;
using Fovea.Data.Images;

namespace Fovea.Data.Corpora;

/// <summary>What to do at a record that cannot be used.</summary>
public enum OnBadSample
{
    /// <summary>Stop at the first, or at the first past <c>max_invalid</c>.</summary>
    Stop,

    /// <summary>Leave it out, list it and continue; with <c>max_invalid</c>, up to so many.</summary>
    Skip,
}

/// <summary>A record that could not become a sample, and why (the reason begins with its name, e.g. <c>role_order</c>).</summary>
/// <param name="Key">Which record.</param>
/// <param name="Reason">Name and explanation.</param>
public sealed record InvalidRecord(SampleKey Key, string Reason)
{
    /// <summary>Whether it counts towards the limit; what a weights file already marks as invalid, or a length limit leaves nothing of, does not.</summary>
    public bool Counted { get; init; } = true;

    /// <summary>
    /// Name of the reason: what is before its first colon where that is a name with a <c>_</c> (small letters, digits and <c>_</c>),
    /// <c>image</c> for a picture that is missing or refused, else <c>malformed</c>.
    /// </summary>
    [JsonIgnore]
    public string Name => InvalidRecords.NameOf(Reason);
}

/// <summary>
/// The one policy for records that cannot be used, in training, scoring, export and audit: each is left out, listed and counted with
/// its reason, once, and past a limit the work stops with one line that names file and record. Not thread-safe.
/// </summary>
/// <param name="limit">How many may be left out.</param>
/// <param name="excused">Records that do not count towards the limit, since an earlier stage listed them; null for none.</param>
public sealed class InvalidRecords(int limit, Func<SampleKey, bool>? excused = null)
{
    /// <summary>File name of the list beside what a stage writes.</summary>
    public const string FileName = "invalid.jsonl";

    /// <summary>Reason of a record whose image is missing or refused.</summary>
    public const string ImageReason = "image";

    private const int Shown = 3;
    private static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private readonly Dictionary<SampleKey, InvalidRecord> _records = [];
    private int _counted;

    /// <summary>The limit that two options ask for.</summary>
    /// <param name="onBadSample">Null: by <paramref name="maxInvalid"/> alone.</param>
    /// <param name="maxInvalid">Null: none with <see cref="OnBadSample.Stop"/>, any number with <see cref="OnBadSample.Skip"/>.</param>
    /// <exception cref="UsageException">The number is negative.</exception>
    public static int LimitOf(OnBadSample? onBadSample, int? maxInvalid) => maxInvalid switch
    {
        < 0 => throw new UsageException($"max_invalid: expected at least 0, got {maxInvalid}"),
        { } given => given,
        null => onBadSample == OnBadSample.Skip ? int.MaxValue : 0,
    };

    /// <summary>The records left out, in the order in which they were found.</summary>
    public IReadOnlyCollection<InvalidRecord> Records => _records.Values;

    /// <summary>How many of them count towards the limit.</summary>
    public int Counted => _counted;

    /// <summary>How many may count.</summary>
    public int Limit => limit;

    /// <summary>How many there are of each reason, the most frequent first.</summary>
    public IReadOnlyList<KeyValuePair<string, int>> ByReason => CountByReason(_records.Values.Select(r => r.Name));

    /// <summary>Whether a record is among them.</summary>
    public bool Contains(SampleKey key) => _records.ContainsKey(key);

    /// <summary>Lists a record; one that is listed already stays as it is. Past the limit the error is thrown, with the way out.</summary>
    /// <returns>Whether it is new.</returns>
    public bool Add(SampleKey key, InvalidInputException error)
    {
        if (_records.ContainsKey(key))
        {
            return false;
        }

        var counts = excused?.Invoke(key) != true;
        if (counts && _counted >= limit)
        {
            throw Over(error, _counted + 1, limit);
        }

        _counted += counts ? 1 : 0;
        _records.Add(key, new InvalidRecord(key, error.Reason) { Counted = counts });
        return true;
    }

    /// <summary>Lists a record without counting it towards the limit.</summary>
    /// <returns>Whether it is new.</returns>
    public bool Note(SampleKey key, string reason) => _records.TryAdd(key, new InvalidRecord(key, reason) { Counted = false });

    /// <summary>Lists what an interrupted part of the work had listed.</summary>
    public void Restore(IEnumerable<InvalidRecord> records)
    {
        foreach (var record in records)
        {
            _counted += _records.TryAdd(record.Key, record) && record.Counted ? 1 : 0;
        }
    }

    /// <summary>What to say at the end, one line each: how many by reason, and the first few; nothing if there are none.</summary>
    /// <param name="list">Where all of them are listed.</param>
    public IEnumerable<string> Summary(string list) => Summary(_records.Values, list);

    /// <inheritdoc cref="Summary(string)"/>
    public static IEnumerable<string> Summary(IReadOnlyCollection<InvalidRecord> records, string list)
    {
        if (records.Count == 0)
        {
            yield break;
        }

        yield return $"{records.Count} unusable {(records.Count == 1 ? "record" : "records")} left out "
            + $"({string.Join(", ", CountByReason(records.Select(r => r.Name)).Select(r => $"{r.Key} {r.Value}"))}), listed in {list}";
        foreach (var record in InOrder(records).Take(Shown))
        {
            yield return $"{record.Key.Source}, record {record.Key.Record}: {record.Reason}";
        }
    }

    /// <summary>Writes the list as JSON Lines: <c>source, record, reason, message, counted</c>; without records, no file is left.</summary>
    public static void Write(string path, IReadOnlyCollection<InvalidRecord> records)
    {
        if (records.Count == 0)
        {
            File.Delete(path);
            return;
        }

        AtomicFile.WriteText(path, string.Concat(InOrder(records).Select(r => JsonSerializer.Serialize(
            new { source = r.Key.Source, record = r.Key.Record, reason = r.Name, message = r.Reason, counted = r.Counted }, Json) + "\n")));
    }

    private static IEnumerable<InvalidRecord> InOrder(IEnumerable<InvalidRecord> records) =>
        records.OrderBy(r => r.Key.Source, StringComparer.Ordinal).ThenBy(r => r.Key.Record);

    /// <summary>The error of a record past the limit: what is wrong with it, and the way out.</summary>
    /// <param name="error">Of the record.</param>
    /// <param name="count">How many there are with it.</param>
    /// <param name="limit">How many may be left out.</param>
    public static InvalidInputException Over(InvalidInputException error, int count, int limit) => new(error.File, error.Record,
        $"{error.Reason}; unusable records: {count}, allowed: {limit}; correct the data, or leave out up to N such records with --max-invalid N (max_invalid "
            + $"in a configuration or plan)", error);

    /// <summary>The name that a reason begins with, as in <c>role_order: ...</c>.</summary>
    public static string NameOf(string reason)
    {
        var colon = reason.IndexOf(": ", StringComparison.Ordinal);
        return colon > 0 && reason.AsSpan(0, colon).Contains('_') && !reason.AsSpan(0, colon).ContainsAnyExcept(NameLetters) ? reason[..colon]
            : reason.StartsWith(UnusableImage.Beginning, StringComparison.Ordinal) ? ImageReason : "malformed";
    }

    /// <summary>Counts names, the most frequent first.</summary>
    public static IReadOnlyList<KeyValuePair<string, int>> CountByReason(IEnumerable<string> names) =>
        [.. names.CountBy(n => n).OrderByDescending(n => n.Value).ThenBy(n => n.Key, StringComparer.Ordinal)];

    private static readonly System.Buffers.SearchValues<char> NameLetters = System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789_");
}
