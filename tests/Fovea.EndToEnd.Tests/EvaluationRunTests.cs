using System.Text.Json.Nodes;

namespace Fovea.EndToEnd.Tests;

/// <summary>
/// Whole evaluations of a small model that is trained here on COCO photographs: questions, predictions and metrics in one command, run twice, the second time
/// killed by SIGKILL and given again.
/// </summary>
public sealed class EvaluationRunTests(EvaluationRunTests.Trained trained) : IClassFixture<EvaluationRunTests.Trained>
{
    private const int Photographs = 48, PerPhotograph = 6;

    /// <summary>A model, and yes/no questions about objects in photographs in POPE's form.</summary>
    public sealed class Trained : IDisposable
    {
        public Trained()
        {
            var config = Folder.Write("train.jsonc", $$"""
                {
                  "preset": { "name": "tiny-llava", "sizes": { "image_size": 56, "patch_size": 14, "max_positions": 512 } },
                  "tokenizer": "{{Path.Combine(FoveaProcess.RepositoryRoot, "configs", "tokenizers", "tiny_llama")}}",
                  "data": [{ "file": "{{Coco}}/captions_subset_permissive.json", "images": "{{Images}}", "format": "coco", "take_images": 24 }],
                  "training": { "steps": 12, "batch_size": 8, "learning_rate": 2e-3, "seed": 5 }
                }
                """);
            FoveaProcess.Succeed("train", "--config", config, "--out", Folder["run"], "--threads", "1");
            var coco = JsonNode.Parse(File.ReadAllText(Path.Combine(Coco, "instances_subset_permissive.json")))!;
            var names = coco["categories"]!.AsArray().ToDictionary(c => (int)c!["id"]!, c => (string)c!["name"]!);
            var objects = coco["annotations"]!.AsArray().ToLookup(a => (long)a!["image_id"]!, a => names[(int)a!["category_id"]!]);
            var questions = coco["images"]!.AsArray().Take(Photographs).SelectMany(image =>
            {
                var there = objects[(long)image!["id"]!].Distinct().Take(PerPhotograph / 2).ToArray();
                var absent = names.Values.Except(objects[(long)image["id"]!]).Skip((int)((long)image["id"]! % 50));
                return there.Select(o => (Object: o, Label: "yes")).Concat(absent.Select(o => (Object: o, Label: "no"))).Take(PerPhotograph)
                    .Select(q => (Image: (string)image["file_name"]!, q.Object, q.Label));
            });
            Folder.Write("coco_pope_random.json", string.Concat(questions.Select((q, i) => new JsonObject
            {
                ["question_id"] = i + 1,
                ["image"] = q.Image,
                ["text"] = $"Is there a {q.Object} in the image?",
                ["label"] = q.Label,
            }.ToJsonString() + "\n")));
        }

        internal TemporaryFolder Folder { get; } = new();

        internal string Coco { get; } = SharedData.Folder("data/coco");

        internal string Images => Path.Combine(Coco, "images_permissive");

        public void Dispose() => Folder.Dispose();
    }

    private TemporaryFolder Folder => trained.Folder;

    private string Model => Path.Combine(Folder["run"], "model");

    [Fact]
    public void An_evaluation_that_was_killed_and_resumed_gives_the_results_of_one_that_was_not()
    {
        string[] Pope(string name) => ["eval", "pope", "--questions", Folder["coco_pope_random.json"], "--images", trained.Images, "--model", Model,
            "--max-new-tokens", "3", "--threads", "1", "--out", Folder[name], "--json"];
        var whole = FoveaProcess.Succeed(Pope("whole")).Json;
        var kept = Path.Combine(Folder["killed"], "asked", "kept");
        using (var process = FoveaProcess.Start(Pope("killed")))
        {
            while (!process.HasExited && !(Directory.Exists(kept) && Directory.GetFiles(kept, "*.jsonl").Length > 0))
            {
                Thread.Sleep(1);
            }

            process.Kill();
            process.WaitForExit();
        }

        var before = Directory.GetFiles(kept, "*.jsonl").ToDictionary(f => f, File.GetLastWriteTimeUtc);
        Assert.InRange(before.Count, 1, (Photographs * PerPhotograph / 64) - 1); // it was in the middle of its work
        Assert.False(File.Exists(Path.Combine(Folder["killed"], "scores.json")));
        var resumed = FoveaProcess.Succeed(Pope("killed")).Json;
        Assert.All(before, f => Assert.Equal(f.Value, File.GetLastWriteTimeUtc(f.Key))); // answered once
        foreach (var file in new[] { "asked/answers.jsonl", "outcomes.jsonl" })
        {
            Assert.Equal(File.ReadAllBytes(Path.Combine(Folder["whole"], file)), File.ReadAllBytes(Path.Combine(Folder["killed"], file)));
        }

        foreach (var key in new[] { "overall", "categories", "metrics" })
        {
            Assert.Equal(whole[key]!.ToJsonString(), resumed[key]!.ToJsonString());
        }

        Assert.Equal(Photographs * PerPhotograph, (int)resumed["overall"]!["n"]!);
        Assert.Equal(Photographs, (int)resumed["run"]!["clusters"]!);
    }

    [Fact]
    public void Descriptions_of_photographs_are_asked_for_and_scored_by_chair()
    {
        var chosen = Folder.Write("images.jsonl", string.Concat(File.ReadLines(Folder["coco_pope_random.json"]).Select(l => (string)JsonNode.Parse(l)!["image"]!).Distinct()
            .Take(5).Select(i => $"{{\"image\": \"{i}\"}}\n")));
        string[] chair = ["eval", "chair", "--objects", trained.Coco, "--synonyms", Path.Combine(SharedData.Folder("data/chair"), "LisaAnne_Hallucination", "synonyms.txt"),
            "--questions", chosen, "--model", Model, "--max-new-tokens", "8", "--threads", "1", "--json"];
        Assert.Contains("--out: expected a folder", Assert.Single(FoveaProcess.Run([.. chair, "--images", trained.Images]).ErrorLines), StringComparison.Ordinal);
        Assert.Contains("--images: expected the folder", Assert.Single(FoveaProcess.Run([.. chair, "--out", Folder["no"]]).ErrorLines), StringComparison.Ordinal);
        Assert.Equal(5, (int)FoveaProcess.Succeed([.. chair, "--images", trained.Images, "--out", Folder["chair"]]).Json["n"]!);
        Assert.Equal(5, File.ReadLines(Path.Combine(Folder["chair"], "questions.jsonl")).Count());
    }
}
