using System.Text.RegularExpressions;

namespace Fovea.Pipeline.Scores;

/// <summary>
/// A column of a query's answer. What .NET's types cannot hold (infinite dates, 38 digits, unions, months) the database itself turns into text or JSON.
/// </summary>
/// <param name="Name">Its name in the answer.</param>
/// <param name="Type">The database's type.</param>
public sealed partial record QueryColumn(string Name, string Type)
{
    /// <summary>Whether the answer holds it as JSON text, to be written as it is.</summary>
    public bool IsJson => !Plain().IsMatch(Type) && (Type.StartsWith("DECIMAL", StringComparison.Ordinal) || Nested().IsMatch(Type));

    /// <summary>How it is asked for.</summary>
    /// <param name="asJson">Whether JSON is wanted; else text.</param>
    public string Select(bool asJson)
    {
        var name = "\"" + Name.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";
        return Plain().IsMatch(Type) ? name
            : !asJson || !Nested().IsMatch(Type) ? $"CAST({name} AS VARCHAR) AS {name}"
            : Floats().IsMatch(Type) ? $"CAST(to_json(list_transform({name}::{Type.Split('[')[0]}[], lambda x: CASE WHEN isfinite(x) THEN to_json(x) ELSE "
                + $"to_json(x::VARCHAR) END)) AS VARCHAR) AS {name}"
            : $"CAST(to_json({name}) AS VARCHAR) AS {name}";
    }

    [GeneratedRegex("^(BOOLEAN|U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|FLOAT|DOUBLE|VARCHAR)$")]
    private static partial Regex Plain();

    [GeneratedRegex(@"\]$|^(STRUCT|MAP|UNION)\b|^JSON$|^VARIANT$")]
    private static partial Regex Nested();

    [GeneratedRegex(@"^(FLOAT|DOUBLE)\[[0-9]*\]$")]
    private static partial Regex Floats();
}
