using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Fovea.EndToEnd.Tests;

/// <summary>The commands one after the other, as a user would give them, at a toy size.</summary>
public sealed class ChainTests(ChainTests.Chain chain) : IClassFixture<ChainTests.Chain>
{
    private const string Training = "\"training\": { \"steps\": 6, \"batch_size\": 8, \"learning_rate\": 1e-3, \"checkpoint_every\": 2, \"seed\": 3 }";

    /// <summary>Scenes, a tokenizer, a reference and an aligned model, made once.</summary>
    public sealed class Chain : IDisposable
    {
        public Chain()
        {
            FoveaProcess.Succeed("scenes", "--out", Folder["scenes"], "--seed", "7", "--count", "40", "--set", "text_only_record_rate=0.2");
            FoveaProcess.Succeed("scenes", "tokenizer", "--out", Folder["tokenizer"]);
            Train("reference",
                $$"""{ "preset": { "name": "tiny-text-2" }, "tokenizer": "{{Folder["tokenizer"]}}", "view": "text_only", "data": [{{Data("captions")}}, {{Data("dialogues")}}], {{Training}} }""");
            Train("aligned",
                $$"""{ "preset": { "name": "tiny-llava" }, "decoder_from": "{{Folder["reference"]}}/model", "tokenizer": "{{Folder["tokenizer"]}}", "data": [{{Data("captions")}}], {{Training}} }""");
        }

        internal TemporaryFolder Folder { get; } = new();

        public string Data(string name) => $$"""{ "file": "{{Folder["scenes"]}}/{{name}}.json" }""";

        public string Train(string name, string config, params string[] more)
        {
            FoveaProcess.Succeed(["train", "--config", Folder.Write(name + ".jsonc", config), "--out", Folder[name], "--threads", "1", .. more]);
            return Folder[name];
        }

        public void Dispose() => Folder.Dispose();
    }

    private TemporaryFolder Folder => chain.Folder;

    private string FirstImage => (string)JsonNode.Parse(File.ReadAllText(Captions))!.AsArray().First(r => r!["image"] is not null)!["image"]!;

    private string Captions => Path.Combine(Folder["scenes"], "captions.json");

    private string Dialogues => Path.Combine(Folder["scenes"], "dialogues.json");

    private string Tuning => $$"""{ "model": "{{Folder["aligned"]}}/model", "data": [{{chain.Data("dialogues")}}], {{Training}} }""";

    [Fact]
    public void Prior_goes_from_scores_to_weights_to_training()
    {
        FoveaProcess.Succeed("score", "prior", "--model", Folder["reference"] + "/model", "--data", Captions, "--out",
            Folder["prior-scores"], "--threads", "1");
        var selected = FoveaProcess.Succeed("select", "--scores", Folder["prior-scores"], "--method", "prior", "--out", Folder["prior-weights"],
            "--json").Json["metrics"]!;
        Assert.Equal(40, (int)selected["kept"]!);
        chain.Train("prior-model",
            $$"""{ "preset": { "name": "tiny-solo" }, "tokenizer": "{{Folder["tokenizer"]}}", "data": [{{chain.Data("captions")}}], {{Training}} }""",
                "--weights", Folder["prior-weights"]);
        Assert.True(File.Exists(Path.Combine(Folder["prior-model"], "model", "model.safetensors")));
    }

    [Fact]
    public void Prior_with_folds_goes_from_the_assignment_over_a_reference_for_each_to_scores()
    {
        FoveaProcess.Succeed("folds", "--data", Captions, "--also-train", Dialogues, "--count", "2", "--seed", "3", "--out", Folder["folds"]);
        var config =
            $$"""{ "preset": { "name": "tiny-text-2" }, "tokenizer": "{{Folder["tokenizer"]}}", "view": "text_only", "folds": "{{Folder["folds"]}}", "data": [{{chain.Data("captions")}}, {{chain.Data("dialogues")}}], {{Training}} }""";
        string[] models = [.. Enumerable.Range(0, 2).Select(k => chain.Train($"fold-{k}", config, "--set", $"leave_out_fold={k}") + "/model")];
        string[] Score(string folds, string first, string second, string name) =>
            ["score", "prior", "--folds", Folder[folds], "--model", first, "--model", second, "--data", Captions, "--out", Folder[name],
                "--threads", "1", "--json"];
        Assert.Equal(40, (int)FoveaProcess.Succeed(Score("folds", models[0], models[1], "fold-scores")).Json["metrics"]!["samples"]!);

        string Refused(params string[] command) => Assert.Single(FoveaProcess.Run(command).ErrorLines);
        Assert.Contains("trained on fold 0", Refused(Score("folds", models[1], models[0], "swapped")), StringComparison.Ordinal);
        Assert.Contains("without folds", Refused(Score("folds", Folder["reference"] + "/model", models[1], "unfolded")), StringComparison.Ordinal);
        FoveaProcess.Succeed("folds", "--data", Captions, "--also-train", Dialogues, "--seed", "4", "--out", Folder["other-folds"]);
        Assert.Contains("another assignment", Refused(Score("other-folds", models[0], models[1], "other")), StringComparison.Ordinal);
        Assert.Contains("--folds", Refused([.. Score("folds", models[0], models[1], "none").Where((_, i) => i is not (2 or 3))]), StringComparison.Ordinal);
    }

    [Fact]
    public void Vig_goes_from_scores_to_tuning_to_evaluation_and_a_second_score_does_nothing()
    {
        string[] score = ["score", "vig", "--model", Folder["aligned"] + "/model", "--data", Dialogues, "--proxy", "blur", "--sigma", "5", "--out",
            Folder["vig-scores"], "--threads", "1"];
        FoveaProcess.Succeed(score);
        var shard = File.GetLastWriteTimeUtc(Path.Combine(Folder["vig-scores"], "shard-00000.parquet"));
        FoveaProcess.Succeed(score);
        Assert.Equal(shard, File.GetLastWriteTimeUtc(Path.Combine(Folder["vig-scores"], "shard-00000.parquet")));

        File.WriteAllText(Path.Combine(Folder["vig-scores"], "shard-00000.parquet"), "torn");
        Assert.Contains("shard-00000.parquet", Assert.Single(FoveaProcess.Run("select", "--scores", Folder["vig-scores"], "--method", "vig", "--out",
            Folder["torn-weights"]).ErrorLines), StringComparison.Ordinal);
        FoveaProcess.Succeed(score);

        var selected = FoveaProcess.Succeed("select", "--scores", Folder["vig-scores"], "--method", "vig", "--p", "50", "--out", Folder["vig-weights"],
            "--json").Json["metrics"]!;
        var withImage = 40 - (int)selected["text_only"]!;
        Assert.InRange((int)selected["text_only"]!, 1, 39);
        Assert.InRange((int)selected["kept"]!, (withImage + 1) / 2, withImage);
        chain.Train("tuned", Tuning, "--weights", Folder["vig-weights"]);
        var metrics = FoveaProcess.Succeed("eval", "scenes", "--model", Folder["tuned"] + "/model", "--scenes", Folder["scenes"], "--out", Folder["eval"],
            "--max-new-tokens", "8", "--threads", "1", "--json").Json["metrics"]!;
        Assert.NotNull(metrics["grounded_nll"]);
        Assert.NotNull(metrics["qa_accuracy"]);
        EveryFolderHasAReport();
    }

    private void EveryFolderHasAReport()
    {
        var written = File.ReadAllText(Path.Combine(Folder["tuned"], "report.html"));
        foreach (var (folder, says) in new[] { ("vig-scores", "VIG against blur, sigma 5"), ("vig-weights", "carry loss"), ("tuned", "Training aligned on dialogues.json"), ("eval", "Evaluation of tuned") })
        {
            FoveaProcess.Succeed("report", Folder[folder]);
            Assert.Contains(says, File.ReadAllText(Path.Combine(Folder[folder], "report.html")), StringComparison.Ordinal);
        }

        Assert.Equal(written, File.ReadAllText(Path.Combine(Folder["tuned"], "report.html")));
        Assert.Contains("data:image/png", File.ReadAllText(Path.Combine(Folder["vig-scores"], "report.html")), StringComparison.Ordinal);
        FoveaProcess.Succeed("report", Folder["eval"], "--baseline", Folder["eval"]);
        Assert.Contains("Worse than the baseline: nothing beyond its interval.", File.ReadAllText(Path.Combine(Folder["eval"], "report.html")),
            StringComparison.Ordinal);
        Assert.Contains("a score store or a selection", Assert.Single(FoveaProcess.Run("report", Folder["scenes"]).ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public void Stored_scores_and_asked_questions_are_analysed_and_each_analysis_has_a_table_and_a_figure()
    {
        var model = Folder["aligned"] + "/model";
        FoveaProcess.Succeed("score", "vig", "--model", model, "--data", Captions, "--proxy", "none", "--out", Folder["analysed-vig"], "--threads", "1");
        FoveaProcess.Succeed("score", "prior", "--model", Folder["reference"] + "/model", "--data", Captions, "--out", Folder["analysed-prior"], "--threads", "1");
        var words = FoveaProcess.Succeed("scores", "words", Folder["analysed-vig"], "--out", Folder["words"], "--json").Json;
        Assert.InRange(words["metrics"]!["vig/none/colours"]!.GetValue<double>(), words["intervals"]!["vig/none/colours"]!["low"]!.GetValue<double>(),
            words["intervals"]!["vig/none/colours"]!["high"]!.GetValue<double>());
        var agreement = FoveaProcess.Succeed("scores", "agreement", Folder["analysed-vig"], Folder["analysed-prior"], "--out", Folder["agreement"], "--json").Json["metrics"]!;
        Assert.InRange(agreement["spearman/none"]!.GetValue<double>(), -1, 1);
        Assert.InRange(agreement["top_30/none/colours"]!.GetValue<double>(), 0, 1);

        var images = JsonNode.Parse(File.ReadAllText(Captions))!.AsArray().Select(r => (string?)r!["image"]).OfType<string>().ToArray();
        var questions = Folder.Write("questions.jsonl", string.Join('\n', Enumerable.Range(0, 12).Select(i =>
            new JsonObject { ["question_id"] = i, ["image"] = images[i], ["text"] = "what colour is the circle", ["answer"] = i % 2 == 0 ? "red" : "blue", ["category"] = "colour" }.ToJsonString())));
        FoveaProcess.Succeed("eval", "vig-questions", "--model", model, "--questions", questions, "--images", Folder["scenes"], "--out", Folder["vig-questions"], "--threads", "1");
        var altered = FoveaProcess.Succeed("eval", "exact-match", "--model", model, "--questions", questions, "--images", Folder["scenes"], "--max-new-tokens", "4", "--also", "blind", "--also", "corrupted",
            "--out", Folder["altered"], "--threads", "1", "--json").Json["altered"]!.AsArray();
        Assert.Equal(["blind", "corrupted"], altered.Select(a => (string)a!["model"]!));

        FoveaProcess.Succeed("scenes", "--out", Folder["conflict"], "--seed", "8", "--count", "10", "--set", "conflict=true");
        FoveaProcess.Succeed("eval", "scenes", "--model", model, "--scenes", Folder["scenes"], "--conflict", Folder["conflict"], "--max-new-tokens", "4", "--out", Folder["with-conflict"], "--threads", "1");
        Assert.NotNull(FoveaProcess.Succeed("eval", "gap", Folder["with-conflict"], "--out", Folder["gap"], "--json").Json["gaps"]!["grounded_accuracy"]!["gap"]!["low"]);
        foreach (var folder in new[] { "words", "agreement", "vig-questions", "altered", "with-conflict", "gap" })
        {
            FoveaProcess.Succeed("report", Folder[folder], "--out", Folder[folder + ".html"]);
            var page = File.ReadAllText(Folder[folder + ".html"]);
            Assert.Contains("<table", page, StringComparison.Ordinal);
            Assert.Contains("<line class=\"interval\"", page, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Generate_answers_as_text_and_as_JSON_alike_and_draws_by_its_seed()
    {
        string[] captioning = ["generate", "--model", Folder["aligned"] + "/model", "--image", Path.Combine(Folder["scenes"], FirstImage), "--max-new-tokens",
            "6", "--threads", "1"];
        var shown = FoveaProcess.Succeed(captioning);
        var document = FoveaProcess.Succeed([.. captioning, "--json"]).Json;
        Assert.Equal(shown.Output, (string)document["text"]! + Environment.NewLine);
        Assert.Equal("llava_plain", (string)document["run"]!["template"]!);
        Assert.InRange((int)document["metrics"]!["new_tokens"]!, 1, 6);

        string[] talking = ["generate", "--model", Folder["reference"] + "/model", "--prompt", "Is there a circle?", "--max-new-tokens", "6",
            "--threads", "1", "--json"];
        JsonNode Draw(string seed) => FoveaProcess.Succeed([.. talking, "--temperature", "3", "--top-k", "50", "--seed", seed]).Json;
        Assert.Equal(Draw("1")["ids"]!.ToJsonString(), Draw("1")["ids"]!.ToJsonString());
        Assert.NotEqual(Draw("1")["ids"]!.ToJsonString(), Draw("2")["ids"]!.ToJsonString());
        Assert.NotNull(FoveaProcess.Succeed([.. talking, "--num-beams", "3"]).Json["score"]);

        var blind = FoveaProcess.Run(["generate", "--model", Folder["reference"] + "/model", .. captioning[3..]]);
        Assert.Equal(1, blind.ExitCode);
        Assert.Contains("sees no images", Assert.Single(blind.ErrorLines), StringComparison.Ordinal);
        var two = FoveaProcess.Run([.. captioning, "--image", Path.Combine(Folder["scenes"], FirstImage), "--prompt", "<image> What is this?"]);
        Assert.Contains("image_count", Assert.Single(two.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_of_another_corpus_are_refused_by_name()
    {
        FoveaProcess.Succeed("scenes", "--out", Folder["other-scenes"], "--seed", "8", "--count", "40");
        FoveaProcess.Succeed("score", "prior", "--model", Folder["reference"] + "/model", "--data", Path.Combine(Folder["other-scenes"], "captions.json"),
            "--out", Folder["other-scores"], "--threads", "1");
        FoveaProcess.Succeed("select", "--scores", Folder["other-scores"], "--method", "prior", "--out", Folder["other-weights"]);
        var config = Folder.Write("mismatch.jsonc",
            $$"""{ "preset": { "name": "tiny-llava" }, "tokenizer": "{{Folder["tokenizer"]}}", "data": [{{chain.Data("captions")}}], {{Training}} }""");
        var outcome = FoveaProcess.Run("train", "--config", config, "--out", Folder["mismatch"], "--weights", Folder["other-weights"], "--threads", "1");
        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("captions.json", outcome.ErrorLines[^1], StringComparison.Ordinal);
        Assert.Contains("fingerprint", outcome.ErrorLines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void An_interrupted_training_run_resumes_to_the_same_bits()
    {
        var config = Tuning.Replace("\"steps\": 6", "\"steps\": 400", StringComparison.Ordinal);
        var whole = chain.Train("whole", config);
        var file = Folder.Write("cut.jsonc", config);
        using (var process = FoveaProcess.Start("train", "--config", file, "--out", Folder["cut"], "--threads", "1"))
        {
            var clock = Stopwatch.StartNew();
            while (!Directory.Exists(Path.Combine(Folder["cut"], "checkpoints", "step-00000002")) && !process.HasExited
                && clock.Elapsed < TimeSpan.FromMinutes(2))
            {
                Thread.Sleep(20);
            }

            process.Signal("INT");
            process.WaitForExit();
            Assert.Equal(130, process.ExitCode);
        }

        var again = FoveaProcess.Run("train", "--config", file, "--out", Folder["cut"], "--threads", "1");
        Assert.Equal(1, again.ExitCode);
        Assert.Contains("--resume", again.Errors, StringComparison.Ordinal);
        var other = FoveaProcess.Run("train", "--config", file, "--out", Folder["cut"], "--threads", "1", "--resume", "--set", "training.learning_rate=0.5");
        Assert.Contains("training.learning_rate", Assert.Single(other.ErrorLines), StringComparison.Ordinal);
        FoveaProcess.Succeed("train", "--config", file, "--out", Folder["cut"], "--threads", "1", "--resume");
        Assert.Equal(File.ReadAllBytes(Path.Combine(whole, "model", "model.safetensors")),
            File.ReadAllBytes(Path.Combine(Folder["cut"], "model", "model.safetensors")));
    }
}
