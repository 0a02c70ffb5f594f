using System.Text.Json.Nodes;

namespace Fovea.EndToEnd.Tests;

/// <summary>A score store from the command line: what is refused by name, what can be asked of it, and what leaves it.</summary>
[Collection(nameof(ScoreStoreTests.Scored))]
public sealed class ScoreStoreTests(ScoreStoreTests.Scored scored)
{
    /// <summary>The classes that look at one store.</summary>
    [CollectionDefinition(nameof(Scored))]
    public sealed class Readers : ICollectionFixture<Scored>;

    /// <summary>Scenes, a model and its scores, made once.</summary>
    public sealed class Scored : IDisposable
    {
        public Scored()
        {
            FoveaProcess.Succeed("scenes", "--out", Folder["scenes"], "--seed", "9", "--count", "24", "--set", "text_only_record_rate=0.2");
            FoveaProcess.Succeed("scenes", "tokenizer", "--out", Folder["tokenizer"]);
            var config = Folder.Write("model.jsonc", $$"""
                { "preset": { "name": "tiny-llava" }, "tokenizer": "{{Folder["tokenizer"]}}", "data": [{ "file": "{{Folder["scenes"]}}/captions.json" }], "training": { "steps": 2, "batch_size": 4, "learning_rate": 1e-3, "seed": 3 } }
                """);
            FoveaProcess.Succeed("train", "--config", config, "--out", Folder["run"], "--threads", "1");
            FoveaProcess.Succeed(Score("scores"));
        }

        internal TemporaryFolder Folder { get; } = new();

        public string Model => Path.Combine(Folder["run"], "model");

        public string Data => Path.Combine(Folder["scenes"], "dialogues.json");

        public string[] Score(string name) => ["score", "vig", "--model", Model, "--data", Data, "--proxy", "black", "--shard-samples", "8", "--top1",
            "--entropy", "--out", Folder[name], "--threads", "1"];

        public void Dispose() => Folder.Dispose();
    }

    private TemporaryFolder Folder => scored.Folder;

    private string Store => Folder["scores"];

    [Theory]
    [InlineData("tokenizer")]
    [InlineData("text")]
    [InlineData("image")]
    [InlineData("template")]
    public void What_changed_is_refused_by_name_and_the_store_stays_as_it_is(string what)
    {
        var file = what switch
        {
            "tokenizer" => Path.Combine(scored.Model, "tokenizer.json"),
            "image" => Directory.EnumerateFiles(Folder["scenes"], "*.png", SearchOption.AllDirectories).Order(StringComparer.Ordinal).First(),
            _ => scored.Data,
        };
        var (before, bytes) = (Content(), File.ReadAllBytes(file));
        try
        {
            switch (what)
            {
                case "tokenizer":
                    File.AppendAllText(file, " ");
                    break;
                case "text":
                    var records = JsonNode.Parse(File.ReadAllText(file))!;
                    var turn = records[0]!["conversations"]![1]!;
                    turn["value"] = $"{turn["value"]} {turn["value"]}";
                    File.WriteAllText(file, records.ToJsonString());
                    break;
                case "image": // of the same length
                    bytes = [.. bytes];
                    File.WriteAllBytes(file, [.. bytes[..^1], (byte)(bytes[^1] ^ 1)]);
                    break;
            }

            string[] command = what == "template" ? [.. scored.Score("scores"), "--template", "chatml_bare"] : scored.Score("scores");
            var line = Assert.Single(FoveaProcess.Run(command).ErrorLines, l => l.StartsWith("fovea:", StringComparison.Ordinal));
            Assert.Contains(what == "text" ? "data[0]" : what, line, StringComparison.Ordinal);
        }
        finally
        {
            File.WriteAllBytes(file, bytes);
        }

        Assert.Equal(before, Content());
        FoveaProcess.Succeed(scored.Score("scores"));
    }

    [Fact]
    public void Info_show_and_verify_tell_what_is_in_it()
    {
        var info = FoveaProcess.Succeed("scores", "info", Store, "--json").Json;
        Assert.Equal((int)info["samples"]!, (int)info["scored"]! + (int)info["text_only"]!);
        Assert.Equal((int)info["scored"]!, (int)info["conditions"]!["visionless:black"]!);
        Assert.Equal("1", (string)info["provenance"]!["num_threads"]!);
        Assert.NotNull(info["provenance"]!["input.model[0].weights"]);
        var shown = FoveaProcess.Succeed("scores", "show", Store, "--record", "0", "--json").Json;
        Assert.NotNull(shown["targets"]![0]!["token"]);
        Assert.NotNull(shown["questions"]![0]);
        Assert.NotNull(shown["targets"]![0]!["vig.visionless:black"]);
        Assert.Contains("VIG black", FoveaProcess.Succeed("scores", "show", Store, "--record", "1").Output, StringComparison.Ordinal);
        Assert.NotNull(info["statistics"]!["visionless:black"]!["mean"]!["value"]);
        Assert.Contains("record 99999", Assert.Single(FoveaProcess.Run("scores", "show", Store, "--record", "99999").ErrorLines), StringComparison.Ordinal);
        Assert.True((bool)FoveaProcess.Succeed("scores", "verify", Store, "--json").Json["intact"]!);
    }

    [Fact]
    public void Another_type_is_another_store_that_says_so()
    {
        FoveaProcess.Succeed([.. scored.Score("bf16"), "--dtype", "bf16"]);
        Assert.Equal("bfloat16", (string)FoveaProcess.Succeed("scores", "info", Folder["bf16"], "--json").Json["provenance"]!["dtype"]!);
        Assert.Equal("float32", (string)FoveaProcess.Succeed("scores", "info", Store, "--json").Json["provenance"]!["dtype"]!);
        var refused = Assert.Single(FoveaProcess.Run([.. scored.Score("scores"), "--dtype", "bf16"]).ErrorLines,
            l => l.StartsWith("fovea:", StringComparison.Ordinal));
        Assert.Contains("dtype", refused, StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_train_on_the_images_and_under_the_template_of_their_scores_alone()
    {
        var captions = Path.Combine(Folder["scenes"], "captions.json");
        FoveaProcess.Succeed("score", "vig", "--model", scored.Model, "--data", captions, "--proxy", "black", "--template", "llava_v1", "--out",
            Folder["v1"], "--threads", "1");
        FoveaProcess.Succeed("select", "--scores", Folder["v1"], "--method", "vig", "--p", "50", "--out", Folder["v1-w"]);
        var config = Folder.Write("tune.jsonc", $$"""
            { "model": "{{scored.Model}}", "template": "llava_v1", "data": [{ "file": "{{captions}}" }], "training": { "steps": 2, "batch_size": 4, "learning_rate": 1e-3, "seed": 3 } }
            """);
        string[] Train(string name) => ["train", "--config", config, "--weights", Folder["v1-w"], "--out", Folder[name], "--threads", "1"];
        FoveaProcess.Succeed(Train("tuned"));
        Assert.Contains("config.template", Assert.Single(FoveaProcess.Run([.. Train("tuned"), "--resume", "--set", "template=auto"]).ErrorLines),
            StringComparison.Ordinal);
        Assert.Contains("text fingerprint", Assert.Single(FoveaProcess.Run([.. Train("auto"), "--set", "template=auto"]).ErrorLines), StringComparison.Ordinal);

        var data = JsonNode.Parse(File.ReadAllText(captions))!.AsArray();
        var record = Enumerable.Range(0, data.Count).First(i => data[i]!["image"] is not null);
        var name = (string)data[record]!["image"]!;
        var file = Path.Combine(Folder["scenes"], name);
        var bytes = File.ReadAllBytes(file);
        try
        {
            File.WriteAllBytes(file, [.. bytes[..^1], (byte)(bytes[^1] ^ 1)]); // of the same length
            var refused = FoveaProcess.Run(Train("changed"));
            Assert.Equal(1, refused.ExitCode);
            var line = Assert.Single(refused.ErrorLines);
            Assert.All((string[])["captions.json", $"record {record}", name, "image hash"], part => Assert.Contains(part, line, StringComparison.Ordinal));
            Assert.False(Directory.Exists(Folder["changed"]));
        }
        finally
        {
            File.WriteAllBytes(file, bytes);
        }
    }

    [Fact]
    public void Records_that_cannot_be_used_stop_the_run_or_are_listed_with_their_reason_up_to_the_weights()
    {
        var data = JsonNode.Parse(File.ReadAllText(scored.Data))!.AsArray();
        var seen = Enumerable.Range(4, data.Count - 4).First(i => data[i]!["image"] is not null);
        data[3]!["conversations"]!.AsArray().RemoveAt(1);
        data[seen]!["image"] = "images/no-such.png";
        Folder.Write("bad.json", data.ToJsonString());
        string[] score = ["score", "vig", "--model", scored.Model, "--data", Folder["bad.json"], "--images", Folder["scenes"], "--proxy",
            "black", "--threads", "1"];
        var strict = Assert.Single(FoveaProcess.Run([.. score, "--out", Folder["strict"]]).ErrorLines, l => l.StartsWith("fovea:", StringComparison.Ordinal));
        Assert.Contains("record 3", strict, StringComparison.Ordinal);
        Assert.Equal(2, (int)FoveaProcess.Succeed([.. score, "--out", Folder["lenient"], "--max-invalid", "2", "--json"]).Json["metrics"]!["invalid"]!);
        var rows = FoveaProcess.Succeed("scores", "query", Folder["lenient"],
            "SELECT record, invalid_reason FROM samples WHERE invalid_reason IS NOT NULL ORDER BY record", "--json").Json["rows"]!.AsArray();
        Assert.Equal([3, seen], rows.Select(r => (int)r!["record"]!));
        Assert.Contains("no-such.png", (string)rows[1]!["invalid_reason"]!, StringComparison.Ordinal);
        Assert.Equal(2, (int)FoveaProcess.Succeed("select", "--scores", Folder["lenient"], "--method", "vig", "--out", Folder["lenient-w"],
            "--json").Json["metrics"]!["invalid"]!);
        Assert.Equal(2, (int)FoveaProcess.Succeed("export", "--data", Folder["bad.json"], "--images", Folder["scenes"], "--model", scored.Model, "--weights",
            Folder["lenient-w"], "--out", Folder["lenient.jsonl"], "--json").Json["invalid"]!);
    }

    [Fact]
    public void Sql_answers_and_what_is_no_question_is_refused()
    {
        const string Top = "SELECT token, avg(vig) AS vig FROM vig GROUP BY token ORDER BY vig DESC LIMIT 3";
        var rows = FoveaProcess.Succeed("scores", "query", Store, Top, "--json").Json["rows"]!.AsArray();
        Assert.Equal(3, rows.Count);
        Assert.True((double)rows[0]!["vig"]! >= (double)rows[1]!["vig"]!);
        var text = FoveaProcess.Succeed("scores", "query", Store, Top).Output.Split('\n');
        Assert.Equal("token\tvig", text[0]);
        var refused = FoveaProcess.Run("scores", "query", Store, $"COPY samples TO '{Store}/shard-00000.parquet'");
        Assert.Equal(2, refused.ExitCode);
        Assert.Single(refused.ErrorLines);
        FoveaProcess.Succeed("scores", "verify", Store);
    }

    [Theory]
    [InlineData("de_DE.UTF-8")]
    [InlineData("tr_TR.UTF-8")]
    [InlineData("fr_FR.UTF-8")]
    public void A_number_of_the_command_line_means_the_same_under_every_locale(string locale)
    {
        Dictionary<string, string> there = new() { ["LC_ALL"] = locale };
        var selected = FoveaProcess.Under(there, "select", "--scores", Store, "--method", "vig", "--p", "62.5", "--out", Folder["w-" + locale], "--json");
        Assert.Equal(62.5, (double)selected.Json["run"]!["config"]!["p"]!);
        var comma = FoveaProcess.Under(there, "select", "--scores", Store, "--method", "vig", "--p", "62,5", "--out", Folder["w-comma"]);
        Assert.Equal(2, comma.ExitCode);
        Assert.Contains("--p: expected a number", Assert.Single(comma.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_and_data_are_enough_to_train()
    {
        string[] own = ["train", "--model", scored.Model, "--data", scored.Data, "--set", "training.epochs=null", "--set", "training.steps=1", "--set",
            "training.batch_size=2"];
        var config = FoveaProcess.Succeed([.. own, "--out", Folder["own"], "--json"]).Json["run"]!["config"]!;
        Assert.Equal(scored.Data, (string?)config["data"]![0]!["file"]);
        Assert.Equal(2e-5, (double)config["training"]!["learning_rate"]!);
        var refused = FoveaProcess.Run([.. own, "--out", Folder["refused"], "--weights", Store]);
        Assert.Contains("'fovea select'", Assert.Single(refused.ErrorLines), StringComparison.Ordinal);
        Assert.Contains("expected --config, or --model and --data", FoveaProcess.Run("train", "--data", scored.Data, "--out", Folder["refused"]).Errors,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("model", "inspect", "llava-hf/llava-1.5-7b-hf")]
    [InlineData("generate", "--model", "llava-hf/llava-1.5-7b-hf", "--prompt", "hi")]
    [InlineData("score", "prior", "--model", "llava-hf/llava-1.5-7b-hf", "--data", "README.md", "--out", "runs/no-such")]
    [InlineData("data", "audit", "--model", "llava-hf/llava-1.5-7b-hf", "--data", "README.md")]
    public void A_hub_id_in_the_place_of_a_folder_says_how_to_download_it(params string[] command)
    {
        var outcome = FoveaProcess.Run(command);
        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("hf download llava-hf/llava-1.5-7b-hf --local-dir DIR", Assert.Single(outcome.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_are_written_in_the_form_that_a_trainer_takes_and_what_does_not_go_together_is_refused()
    {
        FoveaProcess.Succeed("select", "--scores", Store, "--method", "vig", "--p", "60", "--out", Folder["w-forms"]);
        string[] export = ["export", "--data", scored.Data, "--model", scored.Model, "--weights", Folder["w-forms"], "--image-tokens", "9", "--out"];
        JsonObject[] Rows(string name, params string[] more)
        {
            FoveaProcess.Succeed([.. export, Folder[name], .. more]);
            return [.. File.ReadLines(Folder[name]).Select(l => JsonNode.Parse(l)!.AsObject())];
        }

        float[] Weights(JsonObject row) => [.. row["loss_weights"]!.AsArray().Select(w => (float)w!)];
        var (tokens, shifted, levanter) = (Rows("t.jsonl"), Rows("p.jsonl", "--align", "prediction"), Rows("l.jsonl", "--format", "levanter"));
        Assert.Equal(tokens.Select(r => (float[])[.. Weights(r)[1..], 0f]), shifted.Select(Weights));
        Assert.Equal(shifted.Select(Weights), levanter.Select(Weights));
        Assert.Equal(["source", "record", "input_ids", "loss_weights"], levanter[0].Select(p => p.Key));
        var packed = Rows("packed.jsonl", "--pack", "256");
        Assert.Equal(tokens.Select(r => (int)r["record"]!).Order(), packed.SelectMany(r => r["records"]!.AsArray().Select(n => (int)n!)).Order());
        Assert.True(packed.Length < tokens.Length);
        var talks = Rows("talks.jsonl", "--format", "conversations");
        Assert.Equal(tokens.Select(r => Weights(r).Sum()),
            talks.Select(r => r["conversations"]!.AsArray().SelectMany(t => t!["spans"]?.AsArray() ?? []).Sum(s => (float)s!["weight"]!)));
        FoveaProcess.Succeed("export", "--data", scored.Data, "--model", scored.Model, "--out", Folder["plain.jsonl"]);
        Assert.Equal(JsonNode.Parse(File.ReadAllText(scored.Data))!.AsArray().Count, File.ReadLines(Folder["plain.jsonl"]).Count());
        foreach (var (wrong, says) in ((string[], string)[])
            [(["a.parquet", "--format", "jsonl"], "expected --out to end in .jsonl"), (["a.jsonl", "--format", "levanter", "--pack", "64"], "pack: true"),
             (["a.jsonl", "--format", "levanter", "--align", "token"], "leave --align out"), (["a.jsonl", "--format", "conversations", "--pack", "64"], "--pack"),
             (["a.parquet", "--format", "conversations"], "JSON Lines alone"), (["a.jsonl", "--format", "coco"], "--data-format")])
        {
            var outcome = FoveaProcess.Run([.. export, Folder[wrong[0]], .. wrong[1..]]);
            Assert.Equal(2, outcome.ExitCode);
            Assert.Contains(says, outcome.Errors, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("jsonl")]
    [InlineData("parquet")]
    public void A_store_goes_out_as_rows_comes_in_again_and_is_equal(string form)
    {
        var (rows, name) = (Folder[$"rows.{form}"], "imported-" + form);
        Assert.Contains("entropies are left out", FoveaProcess.Succeed("scores", "export", Store, "--out", rows).Errors, StringComparison.Ordinal);
        string[] import = ["scores", "import", "--rows", rows, "--data", scored.Data, "--model", scored.Model, "--engine", "test", "--out", Folder[name]];
        FoveaProcess.Succeed(import);
        var compared = FoveaProcess.Succeed("scores", "compare", Store, Folder[name], "--json").Json;
        Assert.True((bool)compared["equal"]!);
        Assert.Contains("equal: every number, bit for bit", FoveaProcess.Succeed("scores", "compare", Store, Folder[name]).Output, StringComparison.Ordinal);
        FoveaProcess.Succeed("scores", "verify", Folder[name]);
        Assert.Equal("test", (string)FoveaProcess.Succeed("scores", "info", Folder[name], "--json").Json["provenance"]!["engine"]!);
        Assert.Contains("nothing was done", FoveaProcess.Succeed(import).Errors, StringComparison.Ordinal);
        if (form == "jsonl")
        {
            File.WriteAllLines(Folder["fewer.jsonl"], File.ReadLines(rows).Where(l => JsonNode.Parse(l)!["log_prob.image"] is not null).Skip(1));
            var line = Assert.Single(FoveaProcess.Run("scores", "import", "--rows", Folder["fewer.jsonl"], "--data", scored.Data, "--model", scored.Model, "--out",
                Folder["refused"]).ErrorLines);
            Assert.Contains("expected a row of this sample", line, StringComparison.Ordinal);
            Assert.False(Directory.Exists(Folder["refused"]));
        }
    }

    [Fact]
    public void Every_method_selects_and_a_product_exports()
    {
        foreach (var method in new[] { "uniform", "vig", "sample-only", "token-only", "random-tokens", "random-samples", "vig*random-samples" })
        {
            var name = method.Replace('*', '-');
            var metrics = FoveaProcess.Succeed("select", "--scores", Store, "--method", method, "--p", "60", "--out", Folder["w-" + name],
                "--json").Json["metrics"]!;
            Assert.True((long)metrics["supervised_tokens"]! > 0, method);
        }

        Assert.Contains("--p has no effect with --method uniform",
            FoveaProcess.Succeed("select", "--scores", Store, "--method", "uniform", "--p", "60", "--out", Folder["w-idle"]).Errors, StringComparison.Ordinal);
        var file = Folder["train.jsonl"];
        var exported = FoveaProcess.Succeed("export", "--data", scored.Data, "--model", scored.Model, "--weights", Folder["w-vig"], "--image-tokens", "9",
            "--out", file, "--json").Json;
        Assert.Equal((int)exported["rows"]!, File.ReadLines(file).Count());
        Assert.True((int)exported["dropped"]! > 0);
        FoveaProcess.Succeed("export", "--data", scored.Data, "--model", scored.Model, "--weights", Folder["w-vig"], "--out", Folder["train.parquet"]);
        Assert.Contains("--method", Assert.Single(FoveaProcess.Run("select", "--scores", Store, "--method", "best", "--out", Folder["w-none"]).ErrorLines),
            StringComparison.Ordinal);
    }

    private string[] Content() => [.. Directory.GetFiles(Store).Order(StringComparer.Ordinal).Select(f => $"{f} {File.GetLastWriteTimeUtc(f):O}")
        .Where(f => f.Contains("shard", StringComparison.Ordinal) || f.Contains("manifest", StringComparison.Ordinal))];
}
