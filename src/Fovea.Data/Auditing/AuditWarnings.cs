namespace Fovea.Data.Auditing;

/// <summary>Looks for what is valid and seldom meant.</summary>
internal static class AuditWarnings
{
    private const int Examples = 5;

    /// <summary>What there is to warn of in samples that can be used, in file order; a record counts once a kind.</summary>
    public static IReadOnlyList<AuditWarning> Of(IReadOnlyList<Sample> samples) =>
    [
        .. Answers("empty_answer", samples, text => text.Length == 0),
        .. Answers("blank_answer", samples, text => text.Length > 0 && string.IsNullOrWhiteSpace(text)),
        .. RepeatedIds(samples),
    ];

    private static IEnumerable<AuditWarning> Answers(string name, IReadOnlyList<Sample> samples, Func<string, bool> isOdd)
    {
        var found = samples.Select(s => (s.Key.Record, Turn: s.Turns.Index()
            .FirstOrDefault(t => t.Item.Role == Role.Assistant && isOdd(t.Item.Text), (-1, null!)).Index)).Where(f => f.Turn >= 0).ToList();
        return found.Count == 0 ? [] : [new AuditWarning(name, found.Count, [.. found.Take(Examples).Select(f => $"record {f.Record}, turn {f.Turn}")])];
    }

    private static IEnumerable<AuditWarning> RepeatedIds(IReadOnlyList<Sample> samples)
    {
        var groups = samples.Where(s => s.Id is not null).GroupBy(s => s.Id!, StringComparer.Ordinal).Where(g => g.Skip(1).Any()).ToList();
        return groups.Count == 0 ? [] :
        [
            new AuditWarning("repeated_id", groups.Sum(g => g.Count()),
                [.. groups.Take(Examples).Select(g => $"\"{g.Key}\": records {string.Join(", ", g.Take(Examples).Select(s => s.Key.Record))}")]),
        ];
    }
}
