using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Fovea.EndToEnd.Tests;

/// <summary>Whole runs at a size that shows that every stage fits the next, not that anything is learned.</summary>
public sealed class PlanRunTests : IDisposable
{
    private static readonly string[] TinyDemo =
    [
        "--set", "scenes.num_text_scenes=40", "--set", "scenes.num_train_scenes=40", "--set", "scenes.num_dialogue_scenes=40", "--set",
            "scenes.num_held_out_scenes=8",
        "--set", "scenes.num_conflict_scenes=6", "--set", "text_lm.steps=4", "--set", "reference.steps=4", "--set", "pretrain.steps=4", "--set",
            "max_new_tokens=6", "--set", "tune.steps=3", "--set", "align.steps=3", "--set", "measured_at=[2,3]",
        "--set", "tuning_runs=[\"vanilla\",\"vig-70\"]",
    ];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_same_seed_gives_the_same_metrics_twice_and_a_finished_run_resumes_to_them()
    {
        string[] demo = ["demo", "--quick", "--seed", "5", "--json", .. TinyDemo];
        var first = FoveaProcess.Succeed([.. demo, "--out", _folder["a"]]).Json["metrics"]!.ToJsonString();
        var second = FoveaProcess.Succeed([.. demo, "--out", _folder["b"], "--workers", "1"]).Json["metrics"]!.ToJsonString();
        Assert.Equal(first, second);
        Assert.Equal(first, FoveaProcess.Succeed([.. demo, "--out", _folder["a"], "--resume"]).Json["metrics"]!.ToJsonString());
        var other = FoveaProcess.Succeed(["demo", "--quick", "--seed", "6", "--json", .. TinyDemo, "--out", _folder["c"]]).Json["metrics"]!.ToJsonString();
        Assert.NotEqual(first, other);
        Assert.DoesNotContain(_folder.Path, first, StringComparison.Ordinal);

        var report = File.ReadAllText(Path.Combine(_folder["a"], "report.html"));
        Assert.Contains("CHAIR", report, StringComparison.Ordinal);
        Assert.DoesNotContain("src=\"http", report, StringComparison.Ordinal);

        var refused = FoveaProcess.Run([.. demo, "--out", _folder["a"]]);
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("--resume", Assert.Single(refused.ErrorLines), StringComparison.Ordinal);
        var changed = FoveaProcess.Run([.. demo, "--out", _folder["a"], "--resume", "--set", "pretrain.steps=5"]);
        Assert.Contains("seed-5/pretrain/h-ntp: cannot be extended from 4 to 5 steps", Assert.Single(changed.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public void The_coco_run_goes_through_on_real_photographs()
    {
        SharedData.Folder("data/coco");
        var metrics = FoveaProcess.Succeed(
            "run", "--config", "configs/coco.jsonc", "--json", "--out", _folder["coco"], "--set", "photographs.num_train=12", "--set",
                "photographs.num_held_out=4",
            "--set", "min_word_count=2", "--set", "text_lm.steps=4", "--set", "reference.steps=4", "--set", "pretrain.steps=4").Json["metrics"]!;
        Assert.NotNull(metrics["held_out_h"]!["ntp"]!["nll/image"]!["value"]);
        Assert.NotNull(metrics["vig_h"]!["held_out"]!["vig"]!["value"]);
        Assert.True(File.Exists(Path.Combine(_folder["coco"], "report.html")));
    }

    [Fact]
    public void A_plan_on_dialogues_about_photographs_resumes_after_kill_9_to_the_metrics_of_a_run_that_was_left_alone()
    {
        var model = Path.Combine(SharedData.Folder("fixtures/endtoend/llava_v1"), "model");
        string[] run =
        [
            "run", "configs/llava.jsonc", "--json", "--workers", "2", "--set", $"model={model}", "--set", $"data={Dialogues(SharedData.Folder("data/coco"), 24)}", "--set",
                $"images={SharedData.Folder("data/coco")}/images_permissive",
            "--set", "tune.epochs=6", "--set", "tune.batch_size=2", "--set", "tune.checkpoint_every=5", "--set", "reference_preset.name=tiny-text-2", "--set",
                "arms=[\"vanilla\",\"prior\",\"vig\"]",
        ];
        var plan = FoveaProcess.Succeed([.. run, "--dry-run", "--out", _folder["whole"]]).Json["plan"]!;
        Assert.All(plan["stages"]!.AsArray(), s => Assert.Equal("to_do", (string?)s!["state"]));
        Assert.False(Directory.Exists(_folder["whole"]));
        var whole = FoveaProcess.Succeed([.. run, "--out", _folder["whole"]]).Json["metrics"]!;
        Assert.NotEqual((double)whole["corpus_nll"]!["start"]!["nll"]!["value"]!, (double)whole["corpus_nll"]!["vig"]!["nll"]!["value"]!);

        foreach (var moment in new[] { "seed-1/scores/vig/stage.json", "seed-1/tune/vanilla/metrics.jsonl" })
        {
            using var process = FoveaProcess.StartGroup([.. run, "--out", _folder["killed"], "--resume"]);
            for (var clock = Stopwatch.StartNew(); !File.Exists(_folder["killed/" + moment]) && !process.HasExited && clock.Elapsed < TimeSpan.FromMinutes(3);)
            {
                Thread.Sleep(5);
            }

            process.Signal("KILL", group: true);
            process.WaitForExit();
        }

        var left = FoveaProcess.Succeed([.. run, "--dry-run", "--out", _folder["killed"]]).Json["plan"]!;
        Assert.Contains("complete", left["stages"]!.AsArray().Select(s => (string?)s!["state"]));
        Assert.Equal(whole.ToJsonString(), FoveaProcess.Succeed([.. run, "--out", _folder["killed"], "--resume"]).Json["metrics"]!.ToJsonString());
        var done = FoveaProcess.Succeed([.. run, "--dry-run", "--out", _folder["killed"]]).Json["plan"]!;
        Assert.All(done["stages"]!.AsArray(), s => Assert.Equal("complete", (string?)s!["state"]));
        Assert.True((double)done["stages"]!.AsArray().First(s => (string?)s!["kind"] == "train")!["seconds"]! > 0);
    }

    // Two questions about each photograph, answered by its captions, and a record of text.
    private string Dialogues(string coco, int photographs)
    {
        var file = JsonNode.Parse(File.ReadAllText(Path.Combine(coco, "captions_subset_permissive.json")))!;
        var names = file["images"]!.AsArray().ToDictionary(i => (long)i!["id"]!, i => (string)i!["file_name"]!);
        var captions = file["annotations"]!.AsArray().GroupBy(a => (long)a!["image_id"]!, a => ((string)a!["caption"]!).Trim())
            .Where(g => g.Count() >= 2).Take(photographs);
        JsonObject Turn(string from, string value) => new() { ["from"] = from, ["value"] = value };
        return _folder.Write("dialogues.json", new JsonArray([
            .. captions.Select(g => (JsonNode)new JsonObject
            {
                ["id"] = $"photo-{g.Key}",
                ["image"] = names[g.Key],
                ["conversations"] = new JsonArray(Turn("human", "<image>\nDescribe the image."), Turn("gpt", g.First()), Turn("human", "In other words?"),
                    Turn("gpt", g.Last())),
            }),
            new JsonObject { ["id"] = "text", ["conversations"] = new JsonArray(Turn("human", "Name two primary colours."), Turn("gpt", "Red and blue.")) },
        ]).ToJsonString());
    }
}
