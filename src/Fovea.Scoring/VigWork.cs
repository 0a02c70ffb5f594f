using Fovea.Data.Images;
using Fovea.Models;
using Fovea.Models.Batching;
using Fovea.Scoring.Proxies;

namespace Fovea.Scoring;

/// <summary>A window with the images of each condition.</summary>
/// <param name="Samples">The samples.</param>
/// <param name="Shown">By condition and place in the window: normalised images; null where the sample is not scored.</param>
/// <param name="Hashes">By place in the window: of the image files.</param>
/// <param name="Wanted">The conditions to be scored.</param>
internal sealed record VigWindow(ScoringWindow Samples, IReadOnlyList<PixelValues>?[][] Shown, string?[] Hashes, IReadOnlyCollection<string> Wanted);

/// <summary>VIG's part of a scoring run: the image as it is, then each proxy.</summary>
internal sealed class VigWork(
    ScoringSource source, VisionLanguageModel model, ImageLoader images, ProxyImages proxies, VigScorerOptions vig, IReadOnlyList<string> conditions,
        ScoringOptions options) : IScoringWork<VigWindow>
{
    public IReadOnlyList<string> Conditions => conditions;

    public int ImageThreads => vig.ImageThreads;

    public VigWindow Prepare(int first, int count, IReadOnlyCollection<string> wanted, CancellationToken unwanted)
    {
        var window = new VigWindow(
            new ScoringWindow(source, first, count),
            [.. Enumerable.Range(0, vig.Proxies.Count + 1).Select(_ => new IReadOnlyList<PixelValues>?[count])],
            new string?[count],
            wanted);
        window.Samples.ForEach(vig.ImageThreads, (i, sample) =>
        {
            var unit = images.Unit(sample);
            window.Hashes[i] = ImageHash(sample);
            for (var c = 0; c < Conditions.Count; c++)
            {
                window.Shown[c][i] = !wanted.Contains(Conditions[c]) && !(c == 0 && Together(wanted)) ? []
                    : c == 0 ? [.. unit.Select(images.Processor.Normalize)]
                    : proxies.Of(vig.Proxies[c - 1], sample, unit);
            }
        }, unwanted);
        return window;
    }

    public IReadOnlyList<TokenScores> Score(VigWindow window, ScoringStep step)
    {
        if (Together(window.Wanted))
        {
            ScoreTogether(window, step);
            return window.Samples.Finish(contextSeen: true, i => window.Hashes[i]);
        }

        for (var c = 0; c < Conditions.Count; c++)
        {
            if (window.Wanted.Contains(Conditions[c]))
            {
                ScoreCondition(window, c, step);
            }
        }

        return window.Samples.Finish(contextSeen: true, i => window.Hashes[i]);
    }

    public string? ImageHash(TokenizedSample sample) => vig.ImageHash?.Invoke(sample);

    // A divergence needs the image's prediction at hand, also where only its scores are stored already.
    private bool Together(IReadOnlyCollection<string> wanted) => options.Kl && wanted.Any(c => c != Conditions[0]);

    private void ScoreTogether(VigWindow window, ScoringStep step)
    {
        int[] at = [0, .. Enumerable.Range(1, Conditions.Count - 1).Where(c => window.Wanted.Contains(Conditions[c]))];
        window.Samples.ScoreTogether([.. at.Select(c => Conditions[c])], options.Of(model), step, (k, i, sample) =>
            Expand(window, at[k], i, sample));
        Array.ForEach(at, c => Array.Clear(window.Shown[c]));
    }

    private ExpandedSample Expand(VigWindow window, int at, int i, TokenizedSample sample) => SampleExpander.Expand(
        model, sample, window.Shown[at][i]!, options.MaxLength ?? int.MaxValue, at > 0 && vig.Proxies[at - 1].WithoutImages);

    private void ScoreCondition(VigWindow window, int at, ScoringStep step)
    {
        window.Samples.Score(Conditions[at], options.Of(model), step, (i, sample) => Expand(window, at, i, sample));

        // Not needed any more, except after a lack of memory: then the whole window is prepared again.
        Array.Clear(window.Shown[at]);
    }
}
