using Fovea.Core.Errors;
using Fovea.Core.Samples;
using Fovea.Data.Scenes;

namespace Fovea.Tests.Scenes;

/// <summary>A scene corpus without files: samples drawn once, pictures rendered when read. The same samples and pixels as the written corpus.</summary>
internal sealed class SceneCorpus : ICorpus
{
    private readonly Dictionary<string, Scene> _scenes;
    private readonly double _jitter;

    private SceneCorpus(SceneSpec spec, Func<SceneSpec, int, AnnotatedSample> draw)
    {
        spec.Validated();
        _jitter = spec.Jitter;
        Annotated = [.. Enumerable.Range(0, spec.NumScenes).Select(i => draw(spec, i))];
        Samples = [.. Annotated.Select(a => a.Sample)];
        _scenes = SceneWorld.Scenes(spec).ToDictionary(s => SceneWorld.ImageName(s.Index), StringComparer.Ordinal);
    }

    /// <summary>The caption records of a spec.</summary>
    public static SceneCorpus Captions(SceneSpec spec) => new(spec, SceneWorld.Caption);

    /// <summary>The dialogue records of a spec.</summary>
    public static SceneCorpus Dialogues(SceneSpec spec) => new(spec, SceneWorld.Dialogue);

    /// <summary>Samples with their ground truth, in order.</summary>
    public IReadOnlyList<AnnotatedSample> Annotated { get; }

    public IReadOnlyList<Sample> Samples { get; }

    public RgbImage LoadImage(Sample sample, int index) =>
        _scenes.TryGetValue(sample.Images[index], out var scene)
            ? SceneRenderer.Render(scene, _jitter)
            : throw new InvalidInputException(sample.Key.Source, sample.Key.Record, $"'{sample.Images[index]}' is not a picture of this scene corpus");
}
