namespace Fovea.Core.Errors;

/// <summary>What someone who mistyped a name may have meant.</summary>
public static class NearestName
{
    private const int ShortName = 4;

    /// <summary><c> (did you mean 'x'?)</c>, or nothing where no known name is near.</summary>
    public static string Hint(string name, IEnumerable<string> known) => Of(name, known) is { } nearest ? $" (did you mean '{nearest}'?)" : "";

    /// <summary>The known name with the fewest slips between: letters too many, too few, wrong or swapped; null where none is near.</summary>
    public static string? Of(string name, IEnumerable<string> known)
    {
        var most = name.Length <= ShortName ? 1 : Math.Max(2, name.Length / 3);
        var best = known.Where(k => Math.Abs(k.Length - name.Length) <= most).Select(k => (Name: k, Slips: Slips(name, k)))
            .OrderBy(x => x.Slips).FirstOrDefault();
        return best.Name is not null && best.Slips <= most ? best.Name : null;
    }

    // Optimal string alignment: as Levenshtein's distance, two neighbours swapped counting as one slip.
    private static int Slips(string a, string b)
    {
        var d = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
        {
            for (var j = 0; j <= b.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    d[i, j] = i + j;
                    continue;
                }

                d[i, j] = Math.Min(Math.Min(d[i - 1, j], d[i, j - 1]) + 1, d[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    d[i, j] = Math.Min(d[i, j], d[i - 2, j - 2] + 1);
                }
            }
        }

        return d[a.Length, b.Length];
    }
}
