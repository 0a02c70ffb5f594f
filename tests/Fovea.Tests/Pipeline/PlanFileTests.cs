using System.Text;
using System.Text.Json.Nodes;
using Fovea.Core.Errors;
using Fovea.Pipeline.Plans;
using Fovea.Pipeline.Workers;
using Fovea.Tests.Training;
using Xunit;

namespace Fovea.Tests.Pipeline;

/// <summary>The language of plans, docs/plans.md.</summary>
public sealed class PlanFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_reference_is_a_path_and_an_edge_and_stages_come_after_what_they_read()
    {
        var plan = Read("""
            { "stages": {
              "weights": { "kind": "select", "scores": ["$scores"], "method": "vig" },
              "scores": { "kind": "score_vig", "model": "$lm/big/model", "data": [{ "file": "$data/captions.json", "images": "$data" }], "proxies": ["none"] },
              "lm/big": { "kind": "train", "preset": { "name": "tiny-llava" }, "tokenizer": "$data", "data": [{ "file": "$data/captions.json" }], "training": { "steps": 3 } },
              "data": { "kind": "scenes", "spec": { "num_scenes": 4 } }
            } }
            """);
        Assert.Equal(["data", "lm/big", "scores", "weights"], plan.Stages.Select(s => s.Name));
        Assert.Equal(["lm/big", "data"], plan.Stages[2].After);
        Assert.Equal("out/lm/big/model", (string?)plan.Stages[2].Config["model"]);
        Assert.Equal("out/data", (string?)plan.Stages[2].Config["data"]![0]!["images"]);
        Assert.True(plan.Stages[1].Work > 0);
    }

    [Fact]
    public void Axes_repeat_a_stage_and_settings_are_looked_up_by_them()
    {
        var plan = Read("""
            { "parameters": { "seeds": [1, 2], "arms": ["few", "many"], "counts": { "few": 3, "many": 300 }, "world": { "bias": 0.5, "num_scenes": 1 } },
              "for": { "seed": "${seeds}" },
              "stages": { "data-${arm}": { "kind": "scenes", "for": { "arm": "${arms}" }, "spec": { "<<": "${world}", "seed": "${seed}", "split": "${arm}-x", "num_scenes": "${counts.${arm}}" } } } }
            """);
        Assert.Equal(["seed-1/data-few", "seed-1/data-many", "seed-2/data-few", "seed-2/data-many"], plan.Stages.Select(s => s.Name));
        var spec = plan.Stages[3].Config["spec"]!;
        Assert.Equal((2, "many-x", 300, 0.5), ((int)spec["seed"]!, (string)spec["split"]!, (int)spec["num_scenes"]!, (double)spec["bias"]!));
        Assert.Equal("many", plan.Stages[3].Axes["arm"]);
        Assert.Equal(["1", "2"], plan.Values("seed"));
    }

    [Fact]
    public void A_star_in_a_list_stands_for_all_stages_whose_names_fit_of_the_same_seed()
    {
        var plan = Read("""
            { "for": { "seed": [1, 2] }, "stages": {
              "words": { "kind": "scenes", "spec": { "num_scenes": 1 } },
              "lm": { "kind": "train", "preset": { "name": "tiny-llava" }, "tokenizer": "$words", "data": [{ "file": "." }], "training": { "steps": 1 } },
              "part-${k}": { "kind": "score_vig", "for": { "k": [0, 1, 2] }, "model": "$lm/model", "data": [{ "file": "." }], "proxies": ["none"] },
              "all": { "kind": "select", "scores": ["$part-*"], "method": "vig" } } }
            """);
        Assert.Equal(["out/seed-2/part-0", "out/seed-2/part-1", "out/seed-2/part-2"], plan.Stages[^1].Config["scores"]!.AsArray().Select(s => (string?)s));
    }

    [Fact]
    public void A_plan_extends_another_and_replaces_or_removes_what_it_names()
    {
        File.WriteAllText(_folder["base.jsonc"], """
            { "name": "base", "num_threads": 2, "parameters": { "n": { "default": 4, "help": "scenes" }, "spec": { "bias": 0.5, "split": "a" } },
              "stages": { "a": { "kind": "scenes", "spec": { "<<": "${spec}", "num_scenes": "${n}" } }, "b": { "kind": "tokenizer" } } }
            """);
        var plan = Read(
            """{ "extends": "base.jsonc", "name": "mine", "parameters": { "n": 9, "spec": { "split": "c" } }, "stages": { "b": null, "c": { "kind": "tokenizer" } } }""");
        Assert.Equal(("mine", 2), (plan.Name, plan.NumThreads));
        Assert.Equal(["a", "c"], plan.Stages.Select(s => s.Name));
        Assert.Equal("""{"num_scenes":9,"bias":0.5,"split":"c"}""", Picked(plan.Stages[0], "num_scenes", "bias", "split"));
        Assert.Equal("""{"num_scenes":5,"bias":0,"split":"c"}""", Picked(Read("""{ "extends": "base.jsonc", "parameters": { "spec": { "split": "c" } } }""",
            "n=5", "spec.bias=0").Stages[0], "num_scenes", "bias", "split"));
    }

    [Fact]
    public void Null_in_an_extending_plan_removes_its_targets_and_its_study()
    {
        File.WriteAllText(_folder["base.jsonc"], """
            { "targets": ["a"], "for": { "seed": [1] },
              "stages": { "a": { "kind": "tokenizer" }, "b": { "kind": "tokenizer" } },
              "study": { "arms": { "x": { "title": "x" } }, "measures": { "m": { "title": "m", "stage": "a", "metric": "n" } }, "claims": [] } }
            """);
        Assert.NotNull(Read("""{ "extends": "base.jsonc" }""").Study);
        var plan = Read("""{ "extends": "base.jsonc", "targets": null, "study": null }""");
        Assert.Null(plan.Study);
        Assert.Equal(["seed-1/a", "seed-1/b"], plan.Stages.Select(s => s.Name));
    }

    [Fact]
    public void Only_targets_and_what_they_read_run()
    {
        const string Text = """
            { "parameters": { "start": { "default": "given" }, "starts": { "given": "$given/model", "made": "$train/model" } }, "targets": ["eval/*"], "stages": {
              "words": { "kind": "scenes", "spec": { "num_scenes": 1 } },
              "${name}": { "kind": "train", "for": { "name": ["given", "train"] }, "preset": { "name": "tiny-llava" }, "tokenizer": "$words", "data": [{ "file": "." }], "training": { "steps": 1 } },
              "eval/a": { "kind": "eval_corpus", "model": "${starts.${start}}", "data": [{ "file": "." }] } } }
            """;
        Assert.Equal(["words", "given", "eval/a"], Read(Text).Stages.Select(s => s.Name));
        Assert.Equal(["words", "train", "eval/a"], Read(Text, "start=made").Stages.Select(s => s.Name));
    }

    [Fact]
    public void The_environment_and_dollar_signs_can_be_written()
    {
        var stage = """{ "stages": { "a": { "kind": "token_scores", "vig": "${env.FOVEA_NO_SUCH_VARIABLE:-.}", "prior": ".", "scenes": ".", "tokenizer": "$$x" } } }""";
        Directory.CreateDirectory(_folder["$x"]);
        var plan = Read(stage.Replace("$$x", Path.Combine(_folder.Path, "$$x"), StringComparison.Ordinal));
        Assert.Equal(".", (string?)plan.Stages[0].Config["vig"]);
        Assert.EndsWith("/$x", (string?)plan.Stages[0].Config["tokenizer"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2, "\"kind\": \"scenes\"", "\"kind\": \"scens\"", "no stage is of the kind 'scens' (did you mean 'scenes'?)")]
    [InlineData(2, "\"num_scenes\": 4", "\"num_scens\": 4", "unknown key 'spec.num_scens' (did you mean 'num_scenes'?)")]
    [InlineData(2, "\"num_scenes\": 4", "\"num_scenes\": \"four\"", "'spec.num_scenes': expected a whole number, got the string \"four\"")]
    [InlineData(2, "\"num_scenes\": 4", "\"num_scenes\": -4", "num_scenes must be 1 to 1000000, got -4")]
    [InlineData(4, "\"$data/captions.json\"", "\"$dta/captions.json\"", "no stage has this name (did you mean '$data'?)")]
    [InlineData(4, "\"$data/captions.json\"", "\"$data/caption.json\"", "stage data makes no 'caption.json' (did you mean 'captions.json'?)")]
    [InlineData(4, "\"$data/captions.json\"", "\"no/such.json\"", "'data[0].file': no such file or folder: no/such.json")]
    [InlineData(2, "\"data\": {", "\"eval\": { \"kind\": \"eval_corpus\", \"model\": \"$train/model\", \"data\": [{ \"file\": \".\" }], \"fold\": -1 }, \"data\": {", "fold: expected 0 to")]
    [InlineData(2, "\"data\": {", "\"vig\": { \"kind\": \"score_vig\", \"model\": \"$train/model\", \"data\": [{ \"file\": \".\" }], \"proxies\": [\"none\", \"none\"] }, \"data\": {", "proxies: expected each once, got none, none")]
    [InlineData(5, "\"steps\": \"${steps}\"", "\"steps\": \"${stesp}\"", "no such parameter (did you mean 'steps'?)")]
    [InlineData(5, "\"steps\": \"${steps}\"", "\"steps\": \"${steps.x}\"", "steps has no 'x': it is the number 3")]
    [InlineData(1, "\"steps\": 3", "\"steps\": -3", "training.steps")]
    [InlineData(1, "\"steps\": 3", "\"steps\": \"${steps}\"", "refers to itself")]
    [InlineData(1, "\"parameters\"", "\"paramters\"", "unknown key 'paramters' (did you mean 'parameters'?)")]
    [InlineData(1, "\"steps\": 3", "\"steps\": { \"required\": true, \"help\": \"how many\" }",
        "parameter 'steps' is required (how many); give --set steps=VALUE")]
    [InlineData(3, "\"train\": {", "\"../train\": {", "expected a name of letters")]
    [InlineData(3, "\"train\": {", "\"train\": { \"for\": { \"arm\": [1, 2] },", "two stages have the name train; use every axis of 'for' in its key")]
    [InlineData(3, "\"train\": {", "\"train-${arm}\": { \"for\": { \"arm\": [1, 1] },", "1 is given twice")]
    [InlineData(5, "\"tokenizer\": \"$data\"", "\"tokenizer\": \"$train\"", "stages read each other: train -> train")]
    [InlineData(1, "{ \"parameters\"", "{ \"targets\": [\"eval/*\"], \"parameters\"", "none fits")]
    [InlineData(1, "{ \"parameters\"", "{ \"findings\": \"scenery\", \"parameters\"", "no 'scenery' (did you mean 'scenes'?)")]
    [InlineData(1, "{ \"parameters\"", "{ \"extends\": \"none.jsonc\", \"parameters\"", "'extends': no such file")]
    [InlineData(1, "{ \"parameters\"", "{ \"num_threads\": 0, \"parameters\"", "'num_threads': expected a whole number from 1 to 1024, got the number 0")]
    [InlineData(3, "\"train\": {", "\"data/train\": {", "stage 'data/train' would lie in the folder of the stage 'data'")]
    [InlineData(3, "\"train\": {", "\"stage.json\": {", "stage.json is a file of the run")]
    [InlineData(3, "\"train\": {", "\"TOOLONG\": {", "expected at most 100 characters between slashes, since they are the name of a folder; got 101")]
    [InlineData(2, "\"data\": { \"kind\"", "\"data-${a}-${b}-${c}\": { \"for\": { \"a\": MANY, \"b\": MANY, \"c\": MANY }, \"kind\"", "more than 10000 stages")]
    [InlineData(2, "{ \"parameters\"", "{ \"for\": { \"x\": [\"../../y\"] }, \"parameters\"", "stage 'x-../../y/data': expected a name of letters")]
    [InlineData(1, "\"steps\": 3", "\"steps\": \"\\ud83d\"", "a text that is not valid Unicode (half of a surrogate pair)")]
    [InlineData(1, "\"steps\": 3", "\"step\\ud83d\": 3", "a text that is not valid Unicode (half of a surrogate pair)")]
    [InlineData(1, "\"steps\": 3", "\"steps\": \"${p9}\", \"p0\": MANY, GROWING", "more than 1048576 values")]
    [InlineData(1, "\"steps\": 3", "\"steps\": \"${p9}\", \"p0\": \"0123456789\", LENGTHENING", "more than 1048576 characters")]
    [InlineData(3, "\"kind\": \"train\",", "\"kind\": \"train\", \"template\": \"vicunia\",", "unknown chat template \"vicunia\"")]
    [InlineData(4, "[{ \"file\": \"$data/captions.json\", \"images\": \"$data\" }]", "[]", "'data': expected at least one file")]
    [InlineData(3, "\"tokenizer\": \"$data\"", "\"tokenizer\": null", "'tokenizer' is missing: a preset has no tokenizer")]
    [InlineData(1, "{ \"parameters\"", "{ \"num_threads\": 5000, \"parameters\"", "'num_threads': expected a whole number from 1 to 1024, got the number 5000")]
    [InlineData(1, "{ \"parameters\"", "{ \"name\": \"TOOLONG TOOLONG\", \"parameters\"", "'name': expected at most 200 characters, got 203")]
    public void What_is_wrong_is_one_line_with_file_and_line(int line, string right, string wrong, string message)
    {
        const string Text = """
            { "parameters": { "steps": 3 }, "stages": {
              "data": { "kind": "scenes", "spec": { "num_scenes": 4 } },
              "train": {
                "kind": "train", "preset": { "name": "tiny-text-2" }, "data": [{ "file": "$data/captions.json", "images": "$data" }],
                "tokenizer": "$data", "training": { "steps": "${steps}" } }
            } }
            """;
        Assert.Equal(2, Read(Text).Stages.Count);
        Assert.Contains(right, Text, StringComparison.Ordinal);
        wrong = wrong.Replace("TOOLONG", new string('a', 101), StringComparison.Ordinal)
            .Replace("MANY", $"[{string.Join(", ", Enumerable.Range(0, 30))}]", StringComparison.Ordinal)
            .Replace("GROWING", string.Join(", ", Enumerable.Range(1, 9)
                .Select(i => $"\"p{i}\": [{string.Join(", ", Enumerable.Repeat($"\"${{p{i - 1}}}\"", 10))}]")), StringComparison.Ordinal)
            .Replace("LENGTHENING", string.Join(", ", Enumerable.Range(1, 9)
                .Select(i => $"\"p{i}\": \"{string.Concat(Enumerable.Repeat($"${{p{i - 1}}}", 10))}\"")), StringComparison.Ordinal);
        var error = Assert.ThrowsAny<InvalidInputException>(() => Read(Text.Replace(right, wrong, StringComparison.Ordinal))).Message;
        Assert.StartsWith(_folder["plan.jsonc"] + ": ", error, StringComparison.Ordinal);
        Assert.Contains(message, error, StringComparison.Ordinal);
        Assert.True(error.Contains($"line {line}: ", StringComparison.Ordinal) || message.Contains("'scenery'", StringComparison.Ordinal), error);
    }

    [Theory]
    [InlineData("""{ "findings": "scenes", "for": { "seed": [1] }, "stages": { "a": { "kind": "tokenizer" } } }""",
        "the findings 'scenes' read a plan over the axes seed and family, such as configs/demo.jsonc; this one has no 'family'")]
    [InlineData("""{ "stages": { "a-${x}": { "kind": "tokenizer", "for": { "x": [] } } } }""", "no stage is left to run: each is repeated over an empty list")]
    public void A_plan_that_could_only_fail_at_its_end_does_not_begin(string text, string message) =>
        Assert.Contains(message, Assert.Throws<InvalidInputException>(() => Read(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_plan_in_another_encoding_is_refused_and_one_with_a_byte_order_mark_is_read()
    {
        const string Text = """{ "name": "caf\u00e9", "stages": { "a": { "kind": "tokenizer" } } }""";
        foreach (var encoding in new[] { Encoding.Unicode, new UTF8Encoding(encoderShouldEmitUTF8Identifier: true) })
        {
            File.WriteAllText(_folder["marked.jsonc"], Text.Replace("\\u00e9", "é", StringComparison.Ordinal), encoding);
            Assert.Equal("café", PlanFile.Load(_folder["marked.jsonc"]).Name);
        }

        File.WriteAllText(_folder["latin1.jsonc"], Text.Replace("\\u00e9", "é", StringComparison.Ordinal), Encoding.Latin1);
        Assert.Contains("latin1.jsonc: not UTF-8; convert it", Assert.Throws<InvalidInputException>(() => PlanFile.Load(_folder["latin1.jsonc"])).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Lines_are_counted_in_a_file_of_any_length()
    {
        var parameters = string.Join(",\n", Enumerable.Range(0, 100_000).Select(i => $"\"p{i}\": {i}"));
        var error = Assert.ThrowsAny<FoveaException>(
            () => Read($$"""{ "parameters": {{{parameters}} }, "stages": {{"\n"}} { "a": { "kind": "scens" } } }""")).Message;
        Assert.Contains("line 100001: ", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_parameter_that_the_plan_does_not_have_is_refused_with_its_neighbour()
    {
        var error = Assert.Throws<UsageException>(() => Read("""{ "parameters": { "steps": 3 }, "stages": { "a": { "kind": "tokenizer" } } }""",
            "stesp=4")).Message;
        Assert.Contains("has no parameter 'stesp' (did you mean 'steps'?)", error, StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_set_is_named_as_set_in_an_error()
    {
        var error = Assert.ThrowsAny<FoveaException>(
            () => Read("""{ "parameters": { "n": 3 }, "stages": { "a": { "kind": "scenes", "spec": { "num_scenes": "${n}" } } } }""", "n=many")).Message;
        Assert.Contains("plan.jsonc: --set: 'spec.num_scenes': expected a whole number", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("spec.num_scens=5", "'spec.num_scens': nothing in the plan reads it (did you mean 'num_scenes'?)")]
    [InlineData("other=5", "'other': nothing in the plan reads it")]
    [InlineData("spec.num_scenes=5", null)]
    [InlineData("table.b=5", null)]
    public void What_is_set_and_read_by_nothing_is_refused(string set, string? message)
    {
        var error = Record.Exception(() => Read("""
            { "parameters": { "spec": { "num_scenes": 3 }, "other": 1, "table": { "a": 1, "b": 2 }, "choice": "b" },
              "stages": { "a": { "kind": "scenes", "spec": { "num_scenes": "${spec.num_scenes}", "seed": "${table.${choice}}" } } } }
            """, set))?.Message;
        Assert.Equal(message is null, error is null);
        Assert.Contains(message ?? "", error ?? "", StringComparison.Ordinal);
    }

    private Plan Read(string text, params string[] set)
    {
        File.WriteAllText(_folder["plan.jsonc"], text);
        var file = PlanFile.Load(_folder["plan.jsonc"]);
        file.Set(set);
        return Plan.Of(file, "out");
    }

    private static string Picked(StageSpec stage, params string[] keys) =>
        new JsonObject(keys.Select(k => KeyValuePair.Create(k, stage.Config["spec"]![k]?.DeepClone()))).ToJsonString();
}
