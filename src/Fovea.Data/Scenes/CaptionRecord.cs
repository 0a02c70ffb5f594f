using Fovea.Core.Randomness;

namespace Fovea.Data.Scenes;

internal static class CaptionRecord
{
    public static AnnotatedSample Draw(SceneSpec spec, Scene scene, Func<string, RandomSource> stream)
    {
        var caption = new CaptionText(spec, scene, stream(""), stream("-extras"), new PriorText(spec, scene, stream("-prior"))).Draw();
        var sample = new Sample(
            new SampleKey(SceneWorld.CaptionsFile, scene.Index),
            FormattableString.Invariant($"{spec.Split}-caption-{scene.Index:D6}"),
            [SceneWorld.ImageName(scene.Index)],
            [new Turn(Role.Human, "<image>"), new Turn(Role.Assistant, caption.Text)]);
        return new AnnotatedSample(sample, scene.Index, [.. caption.Spans(1)], []);
    }
}
