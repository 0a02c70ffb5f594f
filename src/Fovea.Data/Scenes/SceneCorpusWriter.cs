using System.Text;
using Fovea.Core.Watching;
using Fovea.Data.Images;

namespace Fovea.Data.Scenes;

/// <summary>
/// Writes a scene corpus: <c>images/000000.png</c>, ..., <c>captions.json</c> and <c>dialogues.json</c> (LLaVA's form, image names relative to the folder),
/// <c>scenes.jsonl</c> and <c>annotations.jsonl</c> (ground truth), and last <c>world.json</c> (the spec): a folder without it is unfinished. The
/// same spec gives the same bytes.
/// </summary>
public static class SceneCorpusWriter
{
    private const int ReportEvery = 256;

    /// <summary>Writes the corpus of a spec into a folder, which is made if missing; files of an earlier corpus are replaced.</summary>
    /// <exception cref="FoveaException">A knob is out of range.</exception>
    /// <exception cref="OperationCanceledException">Stopped on request; writing it again gives the same bytes.</exception>
    public static void Write(SceneSpec spec, string folder, IProgressSink progress, CancellationToken stop = default)
    {
        spec.Validated();
        var world = Path.Combine(folder, SceneAnnotations.WorldFile);
        Directory.CreateDirectory(Path.Combine(folder, "images"));
        File.Delete(world);
        AtomicFile.Write(Path.Combine(folder, SceneAnnotations.ScenesFile), scenes =>
        {
            foreach (var scene in SceneWorld.Scenes(spec))
            {
                stop.ThrowIfCancellationRequested();
                var name = SceneWorld.ImageName(scene.Index);
                var image = Path.Combine(folder, name);
                File.WriteAllBytes(image, ImageFile.EncodePng(SceneRenderer.Render(scene, spec.Jitter))); // world.json, written last, says that all are there
                Line(scenes, new SceneLine(scene.Index, name, scene.Background, scene.TextureSeed, scene.Objects));
                Report(progress, "scene images", scene.Index + 1, spec.NumScenes);
            }
        });
        AtomicFile.Write(Path.Combine(folder, SceneAnnotations.AnnotationsFile), annotations =>
        {
            WriteRecords(spec, folder, SceneWorld.CaptionsFile, spec.WithCaptions, SceneWorld.Caption, annotations, progress, stop);
            WriteRecords(spec, folder, SceneWorld.DialoguesFile, spec.WithDialogues, SceneWorld.Dialogue, annotations, progress, stop);
        });
        AtomicFile.WriteText(world, JsonSerializer.Serialize(spec, SceneJson.Indented) + "\n");
    }

    private static void WriteRecords(
        SceneSpec spec, string folder, string source, bool wanted, Func<SceneSpec, int, AnnotatedSample> draw, Stream annotations, IProgressSink progress,
            CancellationToken stop)
    {
        var path = Path.Combine(folder, source);
        if (!wanted)
        {
            File.Delete(path);
            return;
        }

        AtomicFile.Write(path, stream =>
        {
            for (var i = 0; i < spec.NumScenes; i++)
            {
                stop.ThrowIfCancellationRequested();
                var record = draw(spec, i);
                stream.Write(i == 0 ? "[\n"u8 : ",\n"u8);
                stream.Write(Json(LlavaRecord(record.Sample)));
                Line(annotations, new AnnotationLine(source, i, record.SceneIndex, record.Spans, record.Questions));
                Report(progress, $"scene {source}", i + 1, spec.NumScenes);
            }

            stream.Write("\n]\n"u8);
        });
    }

    private static object LlavaRecord(Sample sample)
    {
        var turns = sample.Turns.Select(t => new { From = t.Role switch { Role.System => "system", Role.Human => "human", _ => "gpt" }, Value = t.Text });
        return sample.Images.Count == 0
            ? new { sample.Id, Conversations = turns }
            : new { sample.Id, Image = sample.Images[0], Conversations = turns };
    }

    private static void Line<T>(Stream stream, T value)
    {
        stream.Write(Json(value));
        stream.Write("\n"u8);
    }

    private static byte[] Json<T>(T value) => Encoding.UTF8.GetBytes(JsonSerializer.Serialize(value, SceneJson.Line));

    private static void Report(IProgressSink progress, string task, int done, int total)
    {
        if (done % ReportEvery == 0 || done == total)
        {
            progress.Report(task, done, total);
        }
    }
}
