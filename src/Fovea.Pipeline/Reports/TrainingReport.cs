using Fovea.Reporting;
using Fovea.Reporting.Documents;

namespace Fovea.Pipeline.Reports;

/// <summary>The one page of a training run: written when it ends, and again by <c>fovea report</c>, from its folder alone.</summary>
public static class TrainingReport
{
    /// <summary>File name of the page in the run's folder.</summary>
    public const string FileName = "report.html";

    /// <summary>Planned and measured memory, beside the run's metrics.</summary>
    public const string MemoryFile = "memory.json";

    private const double Mib = 1 << 20;

    /// <summary>Writes <see cref="MemoryFile"/> (bytes; planned, and measured as VmHWM) and the page of a run that found <paramref name="result"/>.</summary>
    public static void Write(string folder, object planned, long measuredPeak, JsonObject result)
    {
        AtomicFile.WriteText(Path.Combine(folder, MemoryFile),
            JsonSerializer.Serialize(new { planned, measured_peak = measuredPeak }, StageManifest.Json) + "\n");
        if (StageManifest.Read(folder) is { } manifest)
        {
            HtmlReport.Write(Path.Combine(folder, FileName), Of(folder, manifest with { Result = result }));
        }
    }

    /// <summary>The page.</summary>
    public static ReportDocument Of(string folder, StageManifest manifest)
    {
        var result = manifest.Result!;
        var notices = result["notices"] is JsonArray { Count: > 0 } found ? found.Select(n => (string)n!).ToArray() : ["None."];
        return new ReportDocument(
            $"Training {ModelName(manifest.Config)} on {DataNames(manifest.Config)}", "",
            [
                new ReportSection("Findings", null, [new ListBlock([.. Sentences(result)])]),
                new ReportSection("Curves", "Each point is a mean over the steps of one stretch.",
                [
                    .. Charts(folder, "Loss", new ChartAxis("loss", "nats"), ("loss", "training"), ("eval_loss", "held out")),
                    .. Charts(folder, "Learning rate", new ChartAxis("learning rate"), ("lr", "learning rate")),
                    .. Charts(folder, "Gradient norm before clipping", new ChartAxis("norm"), ("grad_norm", "gradient norm")),
                    .. Charts(folder, "Share of all tokens that carry loss", new ChartAxis("share", null, NumberFormat.Percent),
                        ("loss_token_share", "tokens with loss")),
                    .. Charts(folder, "Speed", new ChartAxis("tokens/s"), ("tokens_per_second", "tokens/s")),
                    .. Charts(folder, "Resident memory", new ChartAxis("memory", "MiB"), ("resident_mib", "resident memory")),
                ]),
                new ReportSection("Notices", null, [new ProseBlock(notices)]),
            ],
            [.. Memory(folder), .. ReportProvenance.Of(manifest)]);
    }

    private static IEnumerable<string> Sentences(JsonObject result)
    {
        double? Number(string key) => StageSentences.Number(result[key]);
        string Nats(double? value) => FindingNumbers.Of(value, NumberFormat.Ratio, 4) + " nats";
        yield return string.Create(CultureInfo.InvariantCulture,
            $"{FindingNumbers.Count(Number("steps"))} steps over {FindingNumbers.Count(Number("samples"))} samples ({Number("epochs"):0.##} epochs): mean "
                + $"loss {Nats(Number("mean_loss"))} per unit of weight, {Nats(Number("final_loss"))} at the last step.");
        if (Number("held_out_loss") is { } heldOut)
        {
            yield return $"Held-out loss at the end: {Nats(heldOut)}.";
        }

        if (Number("best_step") is { } best)
        {
            yield return best < Number("steps")
                ? $"Held-out loss was lowest at step {FindingNumbers.Count(best)}, before the end: use model-best/ rather than model/."
                : "Held-out loss was lowest at the end.";
        }

        if (Number("in_sample_nll") is { } seen)
        {
            yield return $"Text alone: {Nats(seen)} per token on the training "
                + $"data{(Number("held_out_nll") is { } unseen ? $", {Nats(unseen)} on the held-out data" : "")}.";
        }
    }

    private static string ModelName(JsonObject config) =>
        config["model"] is { } model ? ReportProvenance.NameOf((string)model!) : (string?)config["preset"]?["name"] ?? "a model";

    private static string DataNames(JsonObject config) =>
        string.Join(", ", config["data"]!.AsArray().Select(d => Path.GetFileName((string)d!["file"]!)).Distinct());

    private static IEnumerable<KeyValue> Memory(string folder)
    {
        var path = Path.Combine(folder, MemoryFile);
        if (!File.Exists(path))
        {
            yield break;
        }

        long planned, measured;
        try
        {
            var memory = JsonNode.Parse(RegularFile.ReadAllText(path, RegularFile.MaxJson))!;
            (planned, measured) = ((long)memory["planned"]!["peak"]!, (long)memory["measured_peak"]!);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or NullReferenceException or FormatException)
        {
            throw new InvalidInputException(path, null, "not a training run's memory plan; remove it to report without", e);
        }

        yield return new KeyValue("memory planned", FormattableString.Invariant($"{planned / Mib:F0} MiB"));
        yield return new KeyValue("memory measured", FormattableString.Invariant($"{measured / Mib:F0} MiB"));
    }

    private static IEnumerable<ReportBlock> Charts(string folder, string caption, ChartAxis axis, params (string Field, string Name)[] fields)
    {
        var series = fields.Select(f => MetricCurve.Of(folder, f.Field, f.Name)).OfType<CurveSeries>().ToArray();
        return series.Length == 0 ? [] : [new CurveBlock(caption, new ChartAxis("step"), axis, series)];
    }
}
