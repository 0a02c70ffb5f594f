using System.Text;
using Fovea.Core.Json;

namespace Fovea.Evaluation.Results;

/// <summary>What a model said in answer turn <paramref name="Turn"/> (index into the sample's turns).</summary>
public sealed record Prediction(SampleKey Key, int Turn, string Text);

/// <summary>Predictions as JSON lines <c>{"source":..,"record":..,"turn":..,"prediction":..}</c>, from which metrics are made without the model.</summary>
public static class PredictionFile
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private sealed record Line(string Source, int Record, int Turn, string Prediction);

    /// <summary>Writes predictions in the order given.</summary>
    public static void Write(string path, IEnumerable<Prediction> predictions) => AtomicFile.Write(path, stream =>
    {
        using var writer = new StreamWriter(stream, new UTF8Encoding(false), 1 << 16, leaveOpen: true) { NewLine = "\n" };
        foreach (var p in predictions)
        {
            writer.WriteLine(JsonSerializer.Serialize(new Line(p.Key.Source, p.Key.Record, p.Turn, p.Text), Json));
        }
    });

    /// <summary>Reads predictions back in file order.</summary>
    /// <exception cref="InvalidInputException">The file is missing, a line is malformed, or a turn is predicted twice.</exception>
    public static IReadOnlyList<Prediction> Read(string path)
    {
        var predictions = new List<Prediction>();
        var seen = new HashSet<(SampleKey, int)>();
        try
        {
            foreach (var text in RegularFile.ReadLines(path, RegularFile.MaxCorpus))
            {
                var line = JsonSerializer.Deserialize<Line>(text, Json)
                    ?? throw new InvalidInputException(path, predictions.Count, "holds null, expected a prediction");
                var prediction = new Prediction(new SampleKey(line.Source, line.Record), line.Turn, line.Prediction);
                if (!seen.Add((prediction.Key, prediction.Turn)))
                {
                    throw new InvalidInputException(path, predictions.Count, $"{prediction.Key} turn {prediction.Turn} is predicted twice");
                }

                predictions.Add(prediction);
            }
        }
        catch (JsonException e)
        {
            throw new InvalidInputException(path, predictions.Count, $"is not a prediction: {JsonReason.InWords(e)}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException(path, null, $"cannot be read: {e.Message}", e);
        }

        return predictions;
    }
}
