using Fovea.Core.Results;
using Fovea.Evaluation.Protocols;
using Fovea.Evaluation.Statistics;

namespace Fovea.Evaluation.Scenes;

/// <summary>An object as a caption says it or as it is; null where nothing is said.</summary>
public sealed record DescribedObject(string Shape, string? Colour, string? Position, string? Size);

/// <summary>One caption of a scene next to the truth.</summary>
/// <param name="Scene">Index of the scene, the unit.</param>
/// <param name="Said">Objects mentioned, repeats included.</param>
/// <param name="Truth">Objects of the scene.</param>
/// <param name="Words">Words of the caption.</param>
public sealed record CaptionedScene(int Scene, IReadOnlyList<DescribedObject> Said, IReadOnlyList<DescribedObject> Truth, int Words);

/// <summary>
/// CHAIR over the shapes of generated captions, and attribute errors: of the colours (positions, sizes) said of a shape that is in the scene,
/// the share that no object of that shape has.
/// </summary>
public static class SceneCaptionMetrics
{
    /// <summary>Metrics <c>chair_i</c>, <c>chair_s</c>, <c>recall</c>, <c>mean_words</c>, <c>attribute_error</c> and <c>attribute_error/colour|position|size</c>.</summary>
    public static EvalResult Evaluate(int scenes, IEnumerable<CaptionedScene> captions)
    {
        var sums = new MetricSums(scenes);
        Declare(sums);
        foreach (var caption in captions)
        {
            var truth = caption.Truth.Select(o => o.Shape).ToHashSet(StringComparer.Ordinal);
            Chair.Add(sums, caption.Scene, [.. caption.Said.Select(o => o.Shape)], truth, caption.Words);
            foreach (var said in caption.Said.Where(o => truth.Contains(o.Shape)))
            {
                Add(sums, caption, said, "colour", o => o.Colour);
                Add(sums, caption, said, "position", o => o.Position);
                Add(sums, caption, said, "size", o => o.Size);
            }
        }

        return sums.ToResult("scene_captions", "scene");
    }

    private static void Declare(MetricSums sums)
    {
        sums.Declare("chair_i", false);
        sums.Declare("chair_s", false);
        sums.Declare("recall", true);
        sums.Declare("mean_words", null);
        sums.Declare("attribute_error", false);
        sums.Declare("attribute_error/colour", false);
        sums.Declare("attribute_error/position", false);
        sums.Declare("attribute_error/size", false);
    }

    private static void Add(MetricSums sums, CaptionedScene caption, DescribedObject said, string name, Func<DescribedObject, string?> attribute)
    {
        if (attribute(said) is not { } value)
        {
            return;
        }

        var wrong = caption.Truth.Any(o => o.Shape == said.Shape && attribute(o) == value) ? 0 : 1;
        sums.Add("attribute_error", false, caption.Scene, wrong);
        sums.Add("attribute_error/" + name, false, caption.Scene, wrong);
    }
}
