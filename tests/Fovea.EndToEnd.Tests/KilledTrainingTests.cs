using System.Diagnostics;

namespace Fovea.EndToEnd.Tests;

/// <summary>
/// Each stage of training, killed at a random step as a machine that loses power would, and resumed: the last checkpoint and the model are those of
/// the run that was left alone. Once a stage here; <c>tests/long/kills</c> does it ten times.
/// </summary>
public sealed class KilledTrainingTests(KilledTrainingTests.World world) : IClassFixture<KilledTrainingTests.World>
{
    private const int Steps = 120;
    private static readonly int Kills = int.TryParse(Environment.GetEnvironmentVariable("FOVEA_KILLS"), out var kills) ? kills : 1;

    /// <summary>Scenes, a tokenizer, and the uninterrupted runs, each made when it is first needed.</summary>
    public sealed class World : IDisposable
    {
        public World()
        {
            FoveaProcess.Succeed("scenes", "--out", Folder["scenes"], "--seed", "7", "--count", "24");
            FoveaProcess.Succeed("scenes", "tokenizer", "--out", Folder["tokenizer"]);
        }

        internal TemporaryFolder Folder { get; } = new();

        /// <summary>The stage's configuration and its uninterrupted run.</summary>
        public (string Config, string Whole) Stage(string name)
        {
            var start = name switch
            {
                "reference" => "\"preset\": { \"name\": \"tiny-text-2\" }, \"view\": \"text_only\"",
                "align" => $"\"preset\": {{ \"name\": \"tiny-llava\" }}, \"decoder_from\": \"{Stage("reference").Whole}/model\"",
                "pretrain" => "\"preset\": { \"name\": \"tiny-solo\" }",
                _ => $"\"model\": \"{Stage("align").Whole}/model\"",
            };
            var more = name switch
            {
                "align" => ", \"trainable\": [\"model.multi_modal_projector\"], \"cache_features\": true",
                "pretrain" => ", \"packing\": true, \"ema_decay\": 0.9",
                "tune" => ", \"frozen\": [\"model.vision_tower\"], \"gradient_checkpointing\": true, \"precision\": \"bf16\"",
                _ => "",
            };
            var data = name is "tune" or "lora" ? "dialogues" : "captions";
            var lora = name == "lora" ? "\"lora\": { \"rank\": 2, \"targets\": [\"q_proj\", \"down_proj\"] }," : "";
            var config = Folder.Write(name + ".jsonc", $$"""
                { {{start}}, "tokenizer": "{{Folder["tokenizer"]}}", "data": [{ "file": "{{Folder["scenes"]}}/{{data}}.json" }], {{lora}}
                  "training": { "steps": {{Steps}}, "batch_size": 4, "learning_rate": 1e-3, "checkpoint_every": 5, "seed": 3{{more}} } }
                """);
            var whole = Folder[name + "-whole"];
            if (!Directory.Exists(whole))
            {
                FoveaProcess.Succeed("train", "--config", config, "--out", whole, "--threads", "1");
            }

            return (config, whole);
        }

        public void Dispose() => Folder.Dispose();
    }

    [Theory]
    [InlineData("reference")]
    [InlineData("align")]
    [InlineData("pretrain")]
    [InlineData("tune")]
    [InlineData("lora")]
    public void A_stage_killed_at_a_random_step_resumes_to_the_same_bits(string stage)
    {
        var (config, whole) = world.Stage(stage);
        for (var i = 0; i < Kills; i++)
        {
            var step = Random.Shared.Next(6, Steps - 20);
            var folder = world.Folder[$"{stage}-killed-{i}"];
            Kill(config, folder, step);
            FoveaProcess.Succeed("train", "--config", config, "--out", folder, "--threads", "1", "--resume");
            string[] parts = [$"checkpoints/step-{Steps:D8}", "model", .. stage == "lora" ? ["adapter"] : Array.Empty<string>()];
            foreach (var file in parts.SelectMany(p => Directory.GetFiles(Path.Combine(whole, p))).Select(f => Path.GetRelativePath(whole, f)))
            {
                Assert.True(File.ReadAllBytes(Path.Combine(whole, file)).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(folder, file))),
                    $"{file} differs after a kill at step {step}");
            }
        }
    }

    [Fact]
    public void A_terminated_run_writes_a_checkpoint_and_says_so_by_its_exit_code()
    {
        var (config, _) = world.Stage("reference");
        var folder = world.Folder["terminated"];
        using var process = FoveaProcess.Start("train", "--config", config, "--out", folder, "--threads", "1", "--set", "training.steps=100000", "--set",
            "training.checkpoint_every=null");
        WaitForStep(process, folder, 10);
        process.Signal("TERM");
        process.WaitForExit();
        Assert.Equal(143, process.ExitCode);
        Assert.Single(Directory.GetDirectories(Path.Combine(folder, "checkpoints"), "step-*"));
    }

    private static void Kill(string config, string folder, int step)
    {
        using var process = FoveaProcess.Start("train", "--config", config, "--out", folder, "--threads", "1");
        WaitForStep(process, folder, step);
        process.Kill();
        process.WaitForExit();
        Assert.True(process.ExitCode == 137, $"the run ended with {process.ExitCode} before it was killed at step {step}");
    }

    private static void WaitForStep(Process process, string folder, int step)
    {
        var metrics = Path.Combine(folder, "metrics.jsonl");
        var clock = Stopwatch.StartNew();
        while (!process.HasExited && clock.Elapsed < TimeSpan.FromMinutes(3) && !(File.Exists(metrics) && Lines(metrics) >= step))
        {
            Thread.Sleep(2);
        }
    }

    private static int Lines(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().Count(c => c == '\n');
    }
}
