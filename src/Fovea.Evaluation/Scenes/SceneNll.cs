using Fovea.Core.Results;
using Fovea.Core.Watching;
using Fovea.Evaluation.Running;
using Fovea.Evaluation.Statistics;
using Fovea.Models.Batching;

namespace Fovea.Evaluation.Scenes;

/// <summary>A gold caption of a scene and the class of each of its targets <c>[targets]</c>; a null class is left out.</summary>
internal sealed record ClassifiedCaption(int Scene, Sample Sample, TokenizedSample Tokens, IReadOnlyList<string?> Classes);

/// <summary>
/// Negative log-likelihood of gold captions by class of word, in nats. Restricted values renormalise over the closed word list of the target's
/// class alone: plain argmax misleads where an optional word competes (a size may precede a colour).
/// </summary>
internal static class SceneNll
{
    /// <summary>
    /// <c>nll/all</c> over every target, end tokens too; <c>nll/CLASS</c> over the whole vocabulary; for classes with a closed list <c>restricted_nll/CLASS</c>
    /// and <c>restricted_accuracy/CLASS</c>; pooled over the grounded classes <c>grounded_nll</c> (whole vocabulary), <c>grounded_restricted_nll</c> and
    /// <c>grounded_accuracy</c> (restricted).
    /// </summary>
    /// <param name="subject">The model; one that sees no images reads the text alone.</param>
    /// <param name="corpus">Where the images are.</param>
    /// <param name="scenes">Number of units.</param>
    /// <param name="captions">Gold captions.</param>
    /// <param name="closedIds">By class the ids of its words.</param>
    /// <param name="progress">Told how many captions are done.</param>
    public static EvalResult Evaluate(
        ModelUnderTest subject,
        ICorpus corpus,
        int scenes,
        IReadOnlyList<ClassifiedCaption> captions,
        IReadOnlyDictionary<string, int[]> closedIds,
        IProgressSink? progress = null)
    {
        var sums = new MetricSums(scenes);
        sums.Declare("nll/all", false);
        sums.Declare("grounded_nll", false);
        sums.Declare("grounded_restricted_nll", false);
        sums.Declare("grounded_accuracy", true);
        var queries = captions.Select(c => Query(subject, corpus, c, closedIds));
        var done = 0;
        foreach (var (caption, reading) in captions.Zip(TargetReader.Read(subject.Model, queries, subject.BatchSize)))
        {
            for (var t = 0; t < reading.LogProbs.Length; t++)
            {
                sums.Add("nll/all", false, caption.Scene, -reading.LogProbs[t]);
                if (caption.Classes[t] is { } name)
                {
                    Add(sums, caption.Scene, name, reading.LogProbs[t], reading.Choices[t]);
                }
            }

            progress?.Report("caption classes", ++done, captions.Count);
        }

        return sums.ToResult("scene_nll", "scene");
    }

    private static void Add(MetricSums sums, int scene, string name, float logProb, ClosedChoice? choice)
    {
        var grounded = SceneClasses.Grounded.Contains(name);
        sums.Add("nll/" + name, false, scene, -logProb);
        if (grounded)
        {
            sums.Add("grounded_nll", false, scene, -logProb);
        }

        if (choice is not { } closed)
        {
            return;
        }

        sums.Add("restricted_nll/" + name, false, scene, -closed.LogProb);
        sums.Add("restricted_accuracy/" + name, true, scene, closed.IsArgmax ? 1 : 0);
        if (grounded)
        {
            sums.Add("grounded_restricted_nll", false, scene, -closed.LogProb);
            sums.Add("grounded_accuracy", true, scene, closed.IsArgmax ? 1 : 0);
        }
    }

    private static TargetQuery Query(ModelUnderTest subject, ICorpus corpus, ClassifiedCaption caption, IReadOnlyDictionary<string, int[]> closedIds)
    {
        var ids = caption.Tokens.TargetIds();
        var lists = new int[]?[ids.Length];
        for (var t = 0; t < ids.Length; t++)
        {
            lists[t] = caption.Classes[t] is { } name ? closedIds.GetValueOrDefault(name) : null;
            if (lists[t] is { } list && !list.Contains(ids[t]))
            {
                throw new InvalidInputException(caption.Sample.Key.Source, caption.Sample.Key.Record,
                    $"target {t} ('{subject.Encoder.TokenText(ids[t])}') is no word of its class {caption.Classes[t]}; the tokenizer must hold each word of "
                        + $"the closed lists as one token");
            }
        }

        var images = subject.Images(corpus, caption.Sample);
        return new TargetQuery(SampleExpander.Expand(subject.Model, caption.Tokens, images, withoutImages: !subject.Model.SeesImages), lists);
    }
}
