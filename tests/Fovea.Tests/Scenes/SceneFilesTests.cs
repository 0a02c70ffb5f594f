using System.Text.Json;
using Fovea.Core.Errors;
using Fovea.Core.Provenance;
using Fovea.Core.Samples;
using Fovea.Core.Watching;
using Fovea.Data.Images;
using Fovea.Data.Scenes;
using Xunit;

namespace Fovea.Tests.Scenes;

public sealed class SceneFilesTests : IDisposable
{
    private static readonly SceneSpec Spec = new() { Seed = 11, NumScenes = 12, WrongLabelRate = 0.3, NoiseRate = 0.5, TextOnlyRecordRate = 0.3, Bias = 0.25 };

    private readonly string _folder = Directory.CreateTempSubdirectory("scenes").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void What_was_written_is_what_was_drawn()
    {
        SceneCorpusWriter.Write(Spec, _folder, new SilentProgress(), TestContext.Current.CancellationToken);
        var annotations = SceneAnnotations.Load(_folder);

        Assert.Equal(Spec, annotations.Spec);
        Assert.Equal(24, annotations.Keys.Count);
        foreach (var drawn in SceneCorpus.Captions(Spec).Annotated.Concat(SceneCorpus.Dialogues(Spec).Annotated))
        {
            var key = drawn.Sample.Key;
            Assert.Equal(drawn.Spans, annotations.SpansOf(key));
            Assert.Equal(drawn.Questions, annotations.QuestionsOf(key));
            Assert.Equal(drawn.SceneIndex, annotations.SceneOf(key)?.Index);
        }

        for (var i = 0; i < Spec.NumScenes; i++)
        {
            var scene = SceneWorld.Scene(Spec, i);
            Assert.Equal(scene.Objects, annotations.Scenes[i].Objects);
            Assert.Equal(SceneRenderer.Render(scene).Pixels, SceneRenderer.Render(annotations.Scenes[i]).Pixels);
            Assert.Equal(ImageFile.EncodePng(SceneRenderer.Render(scene)), File.ReadAllBytes(Path.Combine(_folder, SceneWorld.ImageName(i))));
        }
    }

    [Fact]
    public void Captions_and_dialogues_are_in_llava_form()
    {
        SceneCorpusWriter.Write(Spec, _folder, new SilentProgress(), TestContext.Current.CancellationToken);

        foreach (var corpus in new[] { SceneCorpus.Captions(Spec), SceneCorpus.Dialogues(Spec) })
        {
            using var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(_folder, corpus.Samples[0].Key.Source)));
            JsonElement[] records = [.. json.RootElement.EnumerateArray()];
            Assert.Equal(corpus.Samples.Count, records.Length);
            foreach (var (sample, record) in corpus.Samples.Zip(records))
            {
                Assert.Equal(sample.Id, record.GetProperty("id").GetString());
                Assert.Equal(sample.Images.SingleOrDefault(), record.TryGetProperty("image", out var image) ? image.GetString() : null);
                Assert.Equal(
                    sample.Turns.Select(t => (t.Role switch { Role.System => "system", Role.Human => "human", _ => "gpt" }, t.Text)),
                    record.GetProperty("conversations").EnumerateArray()
                        .Select(t => (t.GetProperty("from").GetString()!, t.GetProperty("value").GetString()!)));
            }
        }
    }

    [Fact]
    public void Writing_again_gives_the_same_bytes()
    {
        SceneCorpusWriter.Write(Spec, _folder, new SilentProgress(), TestContext.Current.CancellationToken);
        var first = Bytes();
        SceneCorpusWriter.Write(Spec, _folder, new SilentProgress(), TestContext.Current.CancellationToken);

        Assert.Equal(first, Bytes());
        SceneCorpusWriter.Write(Spec with { WithDialogues = false }, _folder, new SilentProgress(), TestContext.Current.CancellationToken);
        Assert.False(File.Exists(Path.Combine(_folder, SceneWorld.DialoguesFile)));
        Assert.Equal(12, SceneAnnotations.Load(_folder).Keys.Count);

        string[] Bytes() => [.. Directory.GetFiles(_folder, "*", SearchOption.AllDirectories).Order()
            .Select(f => f + Convert.ToHexString(File.ReadAllBytes(f)))];
    }

    /// <summary>Exact: the bytes that the version before these knobs wrote. Knobs at their defaults appear in no file.</summary>
    [Fact]
    public void The_files_of_the_default_world_stay_the_same_bytes()
    {
        SceneCorpusWriter.Write(new SceneSpec { Seed = 1, NumScenes = 20 }, _folder, new SilentProgress(), TestContext.Current.CancellationToken);

        string[] names = ["annotations.jsonl", "captions.json", "dialogues.json", "scenes.jsonl", "world.json"];
        Assert.Equal("419708d3f5cd4165ffc63b9a3e7b0f2a", ContentHash.OfBytes([.. names.SelectMany(n => File.ReadAllBytes(Path.Combine(_folder, n)))])[..32]);
    }

    [Fact]
    public void Every_knob_is_written_and_read_back()
    {
        var spec = Spec with { PriorColourRate = 0.5, PriorPartnerRate = 0.5, TextOnlyQuestionRate = 0.25, NumShapes = 4, Jitter = 0.5 };
        SceneCorpusWriter.Write(spec, _folder, new SilentProgress(), TestContext.Current.CancellationToken);
        var annotations = SceneAnnotations.Load(_folder);

        Assert.Equal(spec, annotations.Spec);
        Assert.Equal(SceneCorpus.Captions(spec).Annotated.SelectMany(a => a.Spans),
            SceneCorpus.Captions(spec).Samples.SelectMany(s => annotations.SpansOf(s.Key)));
        var (corpus, first) = (SceneCorpus.Captions(spec), SceneWorld.Scene(spec, 0));
        Assert.Equal(ImageFile.EncodePng(corpus.LoadImage(corpus.Samples[0], 0)), File.ReadAllBytes(Path.Combine(_folder, SceneWorld.ImageName(0))));
        Assert.NotEqual(SceneRenderer.Render(first).Pixels, corpus.LoadImage(corpus.Samples[0], 0).Pixels);
    }

    [Fact]
    public void A_target_token_has_the_class_of_the_characters_it_covers()
    {
        SceneCorpusWriter.Write(Spec, _folder, new SilentProgress(), TestContext.Current.CancellationToken);
        var annotations = SceneAnnotations.Load(_folder);
        foreach (var record in SceneCorpus.Dialogues(Spec).Annotated)
        {
            var key = record.Sample.Key;
            foreach (var span in record.Spans)
            {
                var text = record.Sample.Turns[span.Turn].Text;
                Assert.Equal(span.Class, annotations.ClassOf(key, new TargetSpan(span.Turn, span.Start, span.End)));
                if (span.Start > 0 && text[span.Start - 1] == ' ')
                {
                    Assert.Equal(span.Class, annotations.ClassOf(key, new TargetSpan(span.Turn, span.Start - 1, span.End)));
                    Assert.Null(annotations.ClassOf(key, new TargetSpan(span.Turn, span.Start - 1, span.Start)));
                }
            }

            var end = record.Sample.Turns[2].Text.Length;
            Assert.Null(annotations.ClassOf(key, new TargetSpan(2, end, end)));
            Assert.Null(annotations.ClassOf(key, new TargetSpan(2, 0, 0)));
            Assert.Null(annotations.ClassOf(key, new TargetSpan(99, 0, 3)));
        }

        Assert.Contains("has no scene annotations", Assert.Throws<FoveaException>(() => annotations.ClassOf(new SampleKey("else.json", 0), default)).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("annotations.jsonl", "\"filler\"", "\"fillers\"")]
    [InlineData("annotations.jsonl", "[1,0,2,", "[1,2,2,")]
    [InlineData("annotations.jsonl", "[1,0,2,", "[1,0,2,3,")]
    [InlineData("annotations.jsonl", "\"scene\":0", "\"scene\":12")]
    [InlineData("annotations.jsonl", "\"record\":1", "\"record\":0")]
    [InlineData("annotations.jsonl", "\"spans\"", "\"span\"")]
    [InlineData("scenes.jsonl", "\"index\":3", "\"index\":4")]
    [InlineData("scenes.jsonl", "\"row\":0", "\"row\":3")]
    [InlineData("scenes.jsonl", "\"shape\":\"", "\"shape\":\"x")]
    [InlineData("scenes.jsonl", "\"objects\":[", "\"objects\":[null,")]
    [InlineData("world.json", "\"num_scenes\": 12", "\"num_scenes\": 13")]
    [InlineData("world.json", "\"bias\": 0.25", "\"bias\": 25")]
    [InlineData("annotations.jsonl", "\"gold\":\"", "\"gold\":null,\"given\":\"")]
    [InlineData("annotations.jsonl", "\"questions\":[", "\"questions\":[null,")]
    [InlineData("world.json", "\"seed\"", "\"sead\"")]
    [InlineData("world.json", "{", "[")]
    public void A_damaged_file_is_one_clear_line(string file, string old, string replacement)
    {
        SceneCorpusWriter.Write(Spec, _folder, new SilentProgress(), TestContext.Current.CancellationToken);
        var path = Path.Combine(_folder, file);
        var text = File.ReadAllText(path);
        var at = text.IndexOf(old, StringComparison.Ordinal);
        Assert.True(at >= 0, "the test's text is not in the file");
        File.WriteAllText(path, text[..at] + replacement + text[(at + old.Length)..]);

        var error = Assert.Throws<InvalidInputException>(() => SceneAnnotations.Load(_folder));
        Assert.DoesNotContain('\n', error.Message);
        Assert.DoesNotContain("   at ", error.Message, StringComparison.Ordinal);
        Assert.StartsWith(file == "world.json" ? _folder : path, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unfinished_corpus_is_refused()
    {
        SceneCorpusWriter.Write(Spec, _folder, new SilentProgress(), TestContext.Current.CancellationToken);
        File.Delete(Path.Combine(_folder, "world.json"));

        Assert.Contains("no finished scene corpus", Assert.Throws<InvalidInputException>(() => SceneAnnotations.Load(_folder)).Message,
            StringComparison.Ordinal);
    }
}
