using Fovea.Core.Results;
using Fovea.Data.Scenes;
using Fovea.Evaluation.Protocols;
using Fovea.Evaluation.Statistics;

namespace Fovea.Evaluation.Scenes;

/// <summary>A generated caption of a scene; the unit is <see cref="Scene.Index"/>.</summary>
public sealed record CaptionedScene(Scene Scene, string Caption);

/// <summary>
/// CHAIR over the shapes of generated captions (a scene holds a shape at most once), and attribute errors: of the colours (positions, sizes) said
/// of a shape that is in the scene, the share that is wrong. Repeated mentions count each time.
/// </summary>
public static class SceneCaptionMetrics
{
    /// <summary>
    /// Metrics <c>chair_i</c>, <c>chair_s</c>, <c>recall</c>, <c>mean_words</c>, <c>attribute_error</c>, <c>attribute_error/colour|position|size</c>,
    /// <c>relation_error</c> (of the relations between two shapes that are there), <c>background_error</c> and <c>count_error</c>
    /// (of the captions that say one).
    /// </summary>
    /// <param name="scenes">Number of units.</param>
    /// <param name="captions">Generated captions.</param>
    public static EvalResult Evaluate(int scenes, IEnumerable<CaptionedScene> captions)
    {
        var sums = new MetricSums(scenes);
        Declare(sums);
        foreach (var (scene, caption) in captions)
        {
            var parsed = SceneCaptionParser.Parse(caption);
            var truth = scene.Objects.Select(o => SceneWords.Of(o.Shape)).ToHashSet(StringComparer.Ordinal);
            Chair.Add(sums, scene.Index, [.. parsed.Mentions.Select(m => SceneWords.Of(m.Shape))], truth, Chair.Words(caption));
            foreach (var mention in parsed.Mentions)
            {
                AddAttributes(sums, scene, mention);
            }

            AddWhole(sums, scene, parsed);
        }

        return sums.ToResult("scene_captions", "scene");
    }

    private static void Declare(MetricSums sums)
    {
        sums.Declare("chair_i", false);
        sums.Declare("chair_s", false);
        sums.Declare("recall", true);
        sums.Declare("mean_words", null);
        foreach (var name in (string[])["attribute_error", "attribute_error/colour", "attribute_error/position", "attribute_error/size",
            "relation_error", "background_error", "count_error"])
        {
            sums.Declare(name, false);
        }
    }

    private static void AddAttributes(MetricSums sums, Scene scene, MentionedObject said)
    {
        if (scene.Find(said.Shape) is not { } truth)
        {
            return;
        }

        Add("colour", said.Colour is not null, said.Colour != truth.Colour);
        Add("position", said.Row is not null && said.Column is not null, said.Row != truth.Row || said.Column != truth.Column);
        Add("size", said.Size is not null, said.Size != truth.Size);

        void Add(string attribute, bool isSaid, bool isWrong)
        {
            if (isSaid)
            {
                sums.Add("attribute_error", false, scene.Index, isWrong ? 1 : 0);
                sums.Add("attribute_error/" + attribute, false, scene.Index, isWrong ? 1 : 0);
            }
        }
    }

    private static void AddWhole(MetricSums sums, Scene scene, ParsedCaption parsed)
    {
        foreach (var relation in parsed.Relations.Where(r => scene.Find(r.Subject) is not null && scene.Find(r.Other) is not null))
        {
            sums.Add("relation_error", false, scene.Index, relation.Holds(scene) ? 0 : 1);
        }

        if (parsed.Background is { } background)
        {
            sums.Add("background_error", false, scene.Index, background == scene.Background ? 0 : 1);
        }

        if (parsed.Count is { } count)
        {
            sums.Add("count_error", false, scene.Index, count == scene.Objects.Count ? 0 : 1);
        }
    }
}
