namespace Fovea.Data.Scenes;

/// <summary>The ground truth of a written scene corpus, by sample. Thread-safe for reading.</summary>
public sealed class SceneAnnotations
{
    /// <summary>File name of the resolved spec.</summary>
    public const string WorldFile = "world.json";

    /// <summary>File name of the scenes.</summary>
    public const string ScenesFile = "scenes.jsonl";

    /// <summary>File name of the spans and questions.</summary>
    public const string AnnotationsFile = "annotations.jsonl";

    private readonly Dictionary<SampleKey, AnnotationLine> _lines;

    private SceneAnnotations(SceneSpec spec, IReadOnlyList<Scene> scenes, Dictionary<SampleKey, AnnotationLine> lines)
    {
        Spec = spec;
        Scenes = scenes;
        _lines = lines;
    }

    /// <summary>The spec that made the corpus.</summary>
    public SceneSpec Spec { get; }

    /// <summary>All scenes, by index.</summary>
    public IReadOnlyList<Scene> Scenes { get; }

    /// <summary>Samples that have annotations.</summary>
    public IReadOnlyCollection<SampleKey> Keys => _lines.Keys;

    /// <summary>Reads a folder that <see cref="SceneCorpusWriter"/> wrote.</summary>
    /// <exception cref="InvalidInputException">A file is missing, or a record is not as written; the message names it.</exception>
    public static SceneAnnotations Load(string folder)
    {
        var spec = SpecOf(folder);
        var scenes = LoadScenes(Path.Combine(folder, ScenesFile), spec);
        return new SceneAnnotations(spec, scenes, LoadLines(Path.Combine(folder, AnnotationsFile), scenes.Count));
    }

    /// <summary>What such a folder was asked to hold.</summary>
    /// <exception cref="InvalidInputException">The file is missing, or not as written.</exception>
    public static SceneSpec SpecOf(string folder)
    {
        var world = Path.Combine(folder, WorldFile);
        return File.Exists(world) ? LoadSpec(world)
            : throw new InvalidInputException(world, null, "the file is missing: no finished scene corpus lies here; write it again");
    }

    /// <summary>The scene of a sample; null for a record without an image.</summary>
    /// <exception cref="FoveaException">The sample has no annotations.</exception>
    public Scene? SceneOf(SampleKey key) => Line(key).Scene is { } index ? Scenes[index] : null;

    /// <summary>The questions of a sample, in turn order; none for a caption.</summary>
    /// <exception cref="FoveaException">The sample has no annotations.</exception>
    public IReadOnlyList<SceneQuestion> QuestionsOf(SampleKey key) => Line(key).Questions;

    /// <summary>The spans of a sample, ascending.</summary>
    /// <exception cref="FoveaException">The sample has no annotations.</exception>
    public IReadOnlyList<ClassSpan> SpansOf(SampleKey key) => Line(key).Spans;

    /// <summary>
    /// The class of a target token: that of the first non-blank character it covers; null for an end token or a token of blanks alone.
    /// </summary>
    /// <exception cref="FoveaException">The sample has no annotations.</exception>
    public TokenClass? ClassOf(SampleKey key, TargetSpan span)
    {
        var spans = Line(key).Spans;
        var (low, high) = (0, spans.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            var behind = spans[middle].Turn < span.Turn || (spans[middle].Turn == span.Turn && spans[middle].End <= span.Start);
            (low, high) = behind ? (middle + 1, high) : (low, middle);
        }

        return low < spans.Count && spans[low].Turn == span.Turn && spans[low].Start < span.End ? spans[low].Class : null;
    }

    private AnnotationLine Line(SampleKey key) =>
        _lines.TryGetValue(key, out var line)
            ? line : throw new FoveaException($"{key} has no scene annotations; score and train on the corpus that they were written with");

    private static SceneSpec LoadSpec(string path)
    {
        var spec = SceneJson.Parse<SceneSpec>(path, null, RegularFile.ReadAllText(path, RegularFile.MaxJson));
        try
        {
            return spec.Validated();
        }
        catch (FoveaException e)
        {
            throw new InvalidInputException(path, null, e.Message, e);
        }
    }

    private static List<Scene> LoadScenes(string path, SceneSpec spec)
    {
        var scenes = new List<Scene>();
        foreach (var line in SceneJson.ReadLines<SceneLine>(path))
        {
            var record = scenes.Count;
            Require(line.Index == record && line.Image == SceneWorld.ImageName(record), path, record,
                $"expected scene {record} and its image, got {line.Index} and '{line.Image}'");
            Require(
                line.Objects.Count > 0 && line.Objects.All(o => o is not null && o.Row is >= 0 and < SceneWorld.Grid && o.Column is >= 0 and < SceneWorld.Grid)
                    && line.Objects.DistinctBy(o => o.Shape).Count() == line.Objects.Count
                    && line.Objects.DistinctBy(o => (o.Row, o.Column)).Count() == line.Objects.Count,
                path, record, "expected objects of different shapes in different cells of the grid");
            scenes.Add(new Scene(line.Index, line.Background, line.Objects, line.TextureSeed));
        }

        Require(scenes.Count == spec.NumScenes, path, null, $"expected {spec.NumScenes} scenes as in {WorldFile}, got {scenes.Count}");
        return scenes;
    }

    private static Dictionary<SampleKey, AnnotationLine> LoadLines(string path, int scenes)
    {
        var lines = new Dictionary<SampleKey, AnnotationLine>();
        var record = 0;
        foreach (var line in SceneJson.ReadLines<AnnotationLine>(path))
        {
            Require(line.Scene is null || (line.Scene >= 0 && line.Scene < scenes), path, record, $"scene {line.Scene} is not one of the {scenes} scenes");
            Require(
                line.Questions.All(q => q is not null && q.Turn > 0 && (q.Gold is null) == (q.Type == SceneQuestionType.Description)),
                path, record, "expected questions with a turn above 0 and, but for descriptions, a gold answer");
            var (turn, end) = (0, 0);
            foreach (var span in line.Spans)
            {
                var follows = span.Turn > turn || (span.Turn == turn && span.Start >= end);
                Require(follows && span.Start >= 0 && span.End > span.Start, path, record, $"span {span} is empty or out of order");
                (turn, end) = (span.Turn, span.End);
            }

            Require(lines.TryAdd(new SampleKey(line.Source, line.Record), line), path, record, $"{line.Source}#{line.Record} is annotated twice");
            record++;
        }

        return lines;
    }

    private static void Require(bool holds, string path, int? record, string message)
    {
        if (!holds)
        {
            throw new InvalidInputException(path, record, message);
        }
    }
}
