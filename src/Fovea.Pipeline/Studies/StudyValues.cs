using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using Fovea.Core.Json;

namespace Fovea.Pipeline.Studies;

/// <summary>
/// What a study measured, by arm, measure and seed, and nothing that follows from it: the small file from which its tables and figure are made.
/// </summary>
public sealed partial record StudyValues
{
    /// <summary>Title of the study.</summary>
    public required string Study { get; init; }

    /// <summary>The seeds, in the order of <see cref="Values"/>.</summary>
    public required IReadOnlyList<long> Seeds { get; init; }

    /// <summary>The plan's parameters as they were set.</summary>
    public required JsonObject Parameters { get; init; }

    /// <summary>Threads of one operation.</summary>
    public required int NumThreads { get; init; }

    /// <summary>Versions of Fovea and the libraries under it.</summary>
    public required SortedDictionary<string, string> Versions { get; init; }

    /// <summary>Processor seconds of all stages.</summary>
    public required double CoreSeconds { get; init; }

    /// <summary>By arm and measure <c>[seeds]</c>; null where a seed has no data.</summary>
    public required OrderedDictionary<string, OrderedDictionary<string, double?[]>> Values { get; init; }

    private static JsonSerializerOptions Json { get; } = new(StageManifest.Json)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
    };

    /// <summary>Reads the values from a run's stages.</summary>
    /// <param name="questions">What is asked.</param>
    /// <param name="run">The run's own manifest.</param>
    /// <param name="seeds">Its seeds.</param>
    /// <param name="stage">A seed's stage by its name; null where there is none.</param>
    /// <param name="seconds">Processor seconds of all stages.</param>
    /// <exception cref="FoveaException">A stage or metric that is asked for is not there; the message names it.</exception>
    public static StudyValues Of(StudyQuestions questions, StageManifest run, IReadOnlyList<long> seeds,
        Func<long, string, StageManifest?> stage, double seconds)
    {
        var values = new OrderedDictionary<string, OrderedDictionary<string, double?[]>>(StringComparer.Ordinal);
        foreach (var (name, arm) in questions.Arms)
        {
            values[name] = new OrderedDictionary<string, double?[]>(StringComparer.Ordinal);
            foreach (var (key, measure) in questions.Measures.Where(m => m.Value.Derived is null && m.Value.IsOf(name)))
            {
                values[name][key] = [.. seeds.Select(seed => Value(arm.Fill(name, measure.Stage!), arm.Fill(name, measure.Metric!), s => stage(seed, s)))];
            }
        }

        return new StudyValues
        {
            Study = (string)run.Config["name"]!,
            Seeds = seeds,
            Parameters = run.Config["parameters"]!.DeepClone().AsObject(),
            NumThreads = run.NumThreads,
            Versions = run.Versions,
            CoreSeconds = Math.Round(seconds, 1),
            Values = values,
        };
    }

    /// <summary>Reads a file.</summary>
    /// <exception cref="InvalidInputException">It is missing or no such file.</exception>
    public static StudyValues Read(string path)
    {
        try
        {
            var read = File.Exists(path)
                ? JsonSerializer.Deserialize<StudyValues>(RegularFile.ReadAllText(path, RegularFile.MaxJson), Json)
                : throw new InvalidInputException(path, null, "no such results file");
            return read is not null && read.Values.Values.All(a => a.Values.All(v => v.Length == read.Seeds.Count))
                ? read
                : throw new InvalidInputException(path, null, "expected as many values of each arm and measure as there are seeds");
        }
        catch (JsonException e)
        {
            throw new InvalidInputException(path, null, $"not the results of a study: {JsonReason.InWords(e)}", e);
        }
    }

    /// <summary>The file's text; short lists stand on one line each.</summary>
    public string ToJson() =>
        ShortLists().Replace(JsonSerializer.Serialize(this, Json), m => $"[{string.Join(", ", m.Groups[1].Value.Split(',').Select(v => v.Trim()))}]") + "\n";

    /// <summary>The values of an arm's measure: <c>[seeds]</c>.</summary>
    /// <exception cref="FoveaException">They were not measured.</exception>
    public double?[] Of(string arm, string measure) => Values.GetValueOrDefault(arm)?.GetValueOrDefault(measure)
        ?? throw new FoveaException($"the results have no '{measure}' of the arm '{arm}', which the study asks for; run it again");

    private static double? Value(string stage, string metric, Func<string, StageManifest?> find)
    {
        var manifest = find(stage) ?? throw new FoveaException($"study: the plan has no stage '{stage}'");
        return metric == StudyMeasure.Seconds ? manifest.CoreSeconds
            : manifest.Result is { } result && result.ContainsKey(metric) ? (double?)result[metric]
            : throw new FoveaException(
                $"study: the stage '{stage}' has no metric '{metric}'{NearestName.Hint(metric, manifest.Result?.Select(r => r.Key) ?? [])}");
    }

    [GeneratedRegex(@"\[([-+\d\s.,eEnul]*)\]")]
    private static partial Regex ShortLists();
}
