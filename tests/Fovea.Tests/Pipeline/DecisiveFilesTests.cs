using System.Text.RegularExpressions;
using Fovea.Core.Errors;
using Fovea.Core.Provenance;
using Fovea.Core.Watching;
using Fovea.Data.Corpora;
using Fovea.Data.Scenes;
using Fovea.Models.Checkpoints;
using Fovea.Models.Initialisation;
using Fovea.Pipeline.Stages;
using Fovea.Tests.Architecture;
using Fovea.Tests.Training;
using Fovea.Torch;
using Fovea.Training.Options;
using Xunit;

namespace Fovea.Tests.Pipeline;

/// <summary>A file beside a model that any reader opens by name is in the one list, and editing it is noticed by the name of its part.</summary>
public sealed class DecisiveFilesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public DecisiveFilesTests() => TorchRuntime.Start(1);

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string, string> Names
    {
        get
        {
            var names = new TheoryData<string, string> { { DecisiveFiles.Config, "config" }, { DecisiveFiles.GenerationConfig, "generation" }, { "model.safetensors", "weights" } };
            foreach (var (files, part) in new[] { (DecisiveFiles.Tokenizer, "tokenizer"), (DecisiveFiles.Template, "template"), (DecisiveFiles.ImageProcessor, "image_processor") })
            {
                foreach (var file in files)
                {
                    names.Add(file, part);
                }
            }

            return names;
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Editing_a_file_changes_the_hash_of_its_part_and_of_no_other(string file, string part)
    {
        Model();
        foreach (var name in DecisiveFiles.All.Where(n => !File.Exists(_folder["model/" + n]) && !DecisiveFiles.Weights.Contains(n)))
        {
            File.WriteAllText(_folder["model/" + name], "{}");
        }

        var before = ModelParts.Hash(_folder["model"], new InputHasher()).ToDictionary(p => p.Part, p => p.Hash);
        Edit(file);
        var after = ModelParts.Hash(_folder["model"], new InputHasher()).ToDictionary(p => p.Part, p => p.Hash);
        Assert.Equal([part], before.Keys.Union(after.Keys).Where(p => before[p] != after[p]));
    }

    [Fact]
    public void Each_file_of_an_adapter_counts()
    {
        Directory.CreateDirectory(_folder["adapter"]);
        Assert.Contains("no adapter here", Assert.Throws<InvalidInputException>(() => ModelParts.OfAdapter(_folder["adapter"], new InputHasher())).Message,
            StringComparison.Ordinal);
        var hashes = new HashSet<string>();
        foreach (var name in DecisiveFiles.Adapter)
        {
            File.WriteAllText(_folder["adapter/" + name], "{}");
            Assert.True(hashes.Add(ModelParts.OfAdapter(_folder["adapter"], new InputHasher())));
        }
    }

    [Fact]
    public void A_run_is_not_resumed_once_a_file_of_its_model_was_edited_and_the_part_is_named()
    {
        Model();
        SceneCorpusWriter.Write(new SceneSpec { Seed = 9, NumScenes = 4 }, _folder["scenes"], new SilentProgress(), TestContext.Current.CancellationToken);
        File.WriteAllText(_folder["model/generation_config.json"], "{}");
        File.WriteAllText(_folder["model/processor_config.json"], "{}");
        var stage = new TrainStage
        {
            Model = _folder["model"],
            View = CorpusView.TextOnly,
            Data = [new DataSource { File = _folder["scenes/captions.json"] }],
            Training = new TrainingOptions { Steps = 1, BatchSize = 2 },
        };
        Assert.True(Run(stage).Complete);
        foreach (var (file, part) in new[] { ("generation_config.json", "generation"), ("processor_config.json", "image_processor"), ("tokenizer_config.json", "tokenizer") })
        {
            var bytes = File.ReadAllBytes(_folder["model/" + file]);
            Edit(file);
            Assert.Contains(part, Assert.Throws<FoveaException>(() => Run(stage)).Message, StringComparison.Ordinal);
            File.WriteAllBytes(_folder["model/" + file], bytes);
        }

        Assert.True(Run(stage).Complete);
    }

    [Fact]
    public void Every_name_that_a_reader_opens_beside_a_model_is_listed()
    {
        // What fovea writes and reads in folders of its own; and what goes along with a model unread.
        string[] own =
        [
            "captions.json", "dialogues.json", "world.json", "annotations.jsonl", "scenes.jsonl", "invalid.jsonl", "captions.jsonl", "answers.jsonl", "questions.jsonl",
                "metrics.jsonl", "memory.json", "scores.json", "comparison.json", "findings.json",
            "token_scores.result.json", "caption_nll.result.json", "video_preprocessor_config.json", "LICENSE.txt", "NOTICE.txt",
        ];
        string[] rooms = ["Models", "Data", "Pipeline", "Cli"];
        var readers =
            rooms.SelectMany(room => Directory.EnumerateFiles(Path.Combine(Repository.Root, "src", "Fovea." + room), "*.cs", SearchOption.AllDirectories))
            .Where(f => !f.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal));
        var names = readers.SelectMany(f => File.ReadLines(f).Where(l => !l.TrimStart().StartsWith("//", StringComparison.Ordinal)))
            .SelectMany(l => Regex.Matches(l, "\"([A-Za-z0-9_-][A-Za-z0-9_.-]*\\.(?:json|jsonl|model|txt|jinja|safetensors|bin|pt|npz|index))\"")
                .Select(m => m.Groups[1].Value)).Distinct();
        Assert.Empty(names.Except(own).Except(DecisiveFiles.All));
    }

    private StageManifest Run(TrainStage stage) =>
        StageRunner.Run(stage, new StageContext(_folder["out"], 1, new SilentProgress(), TestContext.Current.CancellationToken), Existing.Continue);

    private void Model()
    {
        SceneTokenizer.Write(_folder["model"]);
        var tokenizer = Fovea.Data.Tokenizers.Tokenizer.Load(_folder["model"]);
        using var model = ModelPresets.Create("tiny-text-2", PresetVocabularies.Of(tokenizer), 1);
        ModelFolder.Save(model, _folder["model"]);
    }

    // Weights are checked before they are read, so that their bytes change and their shape does not.
    private void Edit(string file)
    {
        var path = _folder["model/" + file];
        if (!DecisiveFiles.Weights.Contains(file))
        {
            File.AppendAllText(path, " ");
            return;
        }

        var bytes = File.ReadAllBytes(path);
        bytes[^1] ^= 1;
        File.WriteAllBytes(path, bytes);
    }
}
