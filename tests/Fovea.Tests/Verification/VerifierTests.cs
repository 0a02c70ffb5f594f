using System.Text.Json.Nodes;
using Fovea.Core.Errors;
using Fovea.Models.Checkpoints;
using Fovea.Tests.Training;
using Fovea.Torch;
using Fovea.Verification;
using Fovea.Verification.Checks;
using TorchSharp;
using Xunit;

namespace Fovea.Tests.Verification;

/// <summary>What is wrong with a reference or with us fails, and is never skipped.</summary>
public sealed class VerifierTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();

    public VerifierTests() => TorchRuntime.Start(1);

    private string Case => Path.Combine(_temporary.Path, "case");

    [Fact]
    public void A_case_that_agrees_passes()
    {
        CopyCase("models/decoder/llama_gqa_tied");
        var report = Verify();
        Assert.Empty(report.Checks.Where(c => c.Verdict != Verdict.Passed).Select(c => $"{c.Quantity}: {c.Reason}"));
        Assert.Superset(new HashSet<string> { "hidden.0", "right.logits", "left.logits", "token_nll", "loss.vig", "gradients.prior", "greedy" },
            report.Checks.Select(c => c.Quantity).ToHashSet());
        Assert.All(report.Checks, c => Assert.True(c.Difference <= c.Tolerance));
    }

    [Theory]
    [InlineData("decode.expected.noised", "decode.noised")]
    [InlineData("decode.expected.vcd", "decode.vcd")]
    [InlineData("decode.expected.pai", "decode.pai")]
    [InlineData("decode.expected.pai_boosted_logits", "decode.pai_boosted_logits")]
    [InlineData("decode.text_input_ids", "decode.pai_text")]
    public void Decoding_methods_and_attention_to_images_are_compared(string tensor, string quantity)
    {
        CopyCase("models/llava/mistral_clip");
        var report = Verify();
        Assert.Empty(report.Checks.Where(c => c.Verdict != Verdict.Passed).Select(c => $"{c.Quantity}: {c.Reason}"));
        Assert.Contains("attention_to_images_per_layer", report.Checks.Select(c => c.Quantity));
        Rewrite("expected.safetensors", t => t[tensor] = t[tensor] + (t[tensor].is_floating_point() ? 1e-3f : 1));
        Assert.Equal([quantity], Failed());
    }

    [Theory]
    [InlineData("right.expected.logits", "right.logits")]
    [InlineData("left.expected.logits", "left.logits")]
    [InlineData("right.expected.hidden.1", "hidden.1")]
    [InlineData("expected.token_nll", "token_nll")]
    [InlineData("weights.prior", "weights.prior")]
    [InlineData("generate.expected.greedy", "greedy")]
    public void A_value_that_is_off_fails_its_quantity(string tensor, string quantity)
    {
        CopyCase("models/decoder/llama_gqa_tied");
        Rewrite("expected.safetensors", t => t[tensor] = t[tensor] + (t[tensor].is_floating_point() ? 1e-3f : 1));
        var failed = Verify().Checks.Where(c => c.Verdict == Verdict.Failed).ToList();
        Assert.Contains(failed, c => c.Quantity == quantity && c.Difference > c.Tolerance);
    }

    [Fact]
    public void A_gradient_that_is_off_or_unknown_fails_its_arm()
    {
        CopyCase("models/decoder/llama_gqa_tied");
        Rewrite("gradients.safetensors", t =>
        {
            t["vig.model.norm.weight"] = t["vig.model.norm.weight"] * 1.01f;
            t["ntp.model.norm.strange"] = torch.ones(3);
        });
        Assert.Equal(["gradients.ntp", "gradients.vig"], Failed());
    }

    [Theory]
    [InlineData("labels")]
    [InlineData("right.input_ids")]
    [InlineData("left.expected.logits")]
    [InlineData("right.expected.hidden.2")]
    [InlineData("generate.attention_mask")]
    public void A_missing_or_misshapen_tensor_fails(string tensor)
    {
        CopyCase("models/decoder/llama_gqa_tied");
        var whole = File.ReadAllBytes(Path.Combine(Case, "expected.safetensors"));
        Rewrite("expected.safetensors", t => t.Remove(tensor));
        Assert.NotEmpty(Failed());
        File.WriteAllBytes(Path.Combine(Case, "expected.safetensors"), whole);
        Rewrite("expected.safetensors", t => t[tensor] = t[tensor].narrow(1, 0, 3).contiguous());
        Assert.NotEmpty(Failed());
    }

    [Theory]
    [InlineData("expected.safetensors")]
    [InlineData("gradients.safetensors")]
    [InlineData("model.safetensors")]
    [InlineData("config.json")]
    public void A_missing_or_broken_file_fails(string file)
    {
        CopyCase("models/decoder/llama_gqa_tied");
        File.WriteAllText(Path.Combine(Case, file), "{");
        Assert.NotEmpty(Failed());
        File.Delete(Path.Combine(Case, file));
        Assert.NotEmpty(Failed());
    }

    [Fact]
    public void An_unknown_kind_fails_by_name()
    {
        Directory.CreateDirectory(Case);
        File.WriteAllText(Path.Combine(Case, "case.json"), """{"kind": "strange"}""");
        var check = Assert.Single(Verify().Checks);
        Assert.Equal((Verdict.Failed, "strange"), (check.Verdict, check.Kind));
        Assert.Contains("strange", check.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"cases": [{"kind": "decoder", "name": "gone", "folder": "decoder/gone"}]}""", "decoder/gone")]
    [InlineData("""{"cases": [{"kind": "decoder", "name": "out", "folder": "../out"}]}""", "leads out")]
    [InlineData("""{"files": [{"file": "encode.json", "kind": "encode"}]}""", "encode.json")]
    [InlineData("""{"cases": [{"kind": "decode", "name": "a", "input": {"data": "no/such.jpg"}, "expected": {}, "tolerance": {"exact": true}}]}""",
        "no/such.jpg")]
    [InlineData("""{"cases": [{"kind": "guess", "name": "a"}]}""", "guess")]
    [InlineData("{", "index.json")]
    public void What_an_index_lists_and_is_not_there_fails(string index, string named)
    {
        Directory.CreateDirectory(Case);
        File.WriteAllText(Path.Combine(Case, "index.json"), index);
        var check = Assert.Single(Verify().Checks);
        Assert.Equal(Verdict.Failed, check.Verdict);
        Assert.Contains(named, check.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_to_verify_is_an_error()
    {
        var cancel = TestContext.Current.CancellationToken;
        Assert.Contains("no case", Assert.Throws<InvalidInputException>(() => new Verifier([]).Run(_temporary.Path, cancel: cancel)).Message,
            StringComparison.Ordinal);
        Assert.Contains("not found", Assert.Throws<InvalidInputException>(() => new Verifier([]).Run(Case, cancel: cancel)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("texts", "text", "A dog")]
    [InlineData("texts", "text", "")]
    public void A_text_that_is_off_fails(string list, string field, string value)
    {
        Directory.CreateDirectory(Case);
        var json = JsonNode.Parse(File.ReadAllText(TestData.Find("fixtures/text/encode.json")))!;
        json["cases"] = new JsonObject { ["tiny_llama"] = json["cases"]!["tiny_llama"]!.DeepClone() };
        json["streams"] = new JsonArray();
        foreach (var text in json[list]!.AsArray())
        {
            text![field] = value;
        }

        File.WriteAllText(Path.Combine(Case, "encode.json"), json.ToJsonString());
        var failed = Verify().Checks.Where(c => c.Verdict == Verdict.Failed).ToList();
        Assert.True(failed.Count(c => c.Quantity == "ids") > 60, "only the texts that say the same anyway may pass");
        Assert.DoesNotContain(failed, c => c.Quantity == "decoded"); // decoding does not read the text
    }

    [Fact]
    public void A_case_is_found_at_any_depth_and_through_links_but_a_link_upwards_is_not_followed()
    {
        CopyCase("models/tower/siglip");
        var deep = Path.Combine([_temporary.Path, "tree", .. Enumerable.Range(0, 20).Select(i => $"{i}")]);
        Directory.CreateDirectory(deep);
        Directory.CreateSymbolicLink(Path.Combine(deep, "linked"), Case);
        Directory.CreateSymbolicLink(Path.Combine(deep, "up"), Path.Combine(_temporary.Path, "tree"));
        var report = new Verifier([]).Run(Path.Combine(_temporary.Path, "tree"), cancel: TestContext.Current.CancellationToken);
        Assert.Equal(0, report.NumFailed);
        Assert.Single(report.Checks.Select(c => c.Name).Distinct());
    }

    [Theory]
    [InlineData("{\"kind\": \"encode\", \"cases\": {", "not valid JSON")]
    [InlineData("{\"kind\": \"encoded\", \"cases\": {}}", "encoded")]
    public void A_file_of_cases_that_cannot_be_understood_fails_without_an_index_too(string json, string named)
    {
        CopyCase("models/tower/siglip");
        File.WriteAllText(Path.Combine(_temporary.Path, "encode.json"), json);
        var report = new Verifier([]).Run(_temporary.Path, cancel: TestContext.Current.CancellationToken);
        var failed = Assert.Single(report.Checks, c => c.Verdict == Verdict.Failed);
        Assert.Contains(named, failed.Reason, StringComparison.Ordinal);
        Assert.True(report.NumPassed > 0);
    }

    [Fact]
    public void What_the_runtime_throws_is_told_without_its_type()
    {
        CopyCase("models/decoder/llama_gqa_tied");
        Rewrite("expected.safetensors", t => t["right.input_ids"] = t["right.input_ids"] + 100_000);
        Assert.All(Verify().Checks.Where(c => c.Verdict == Verdict.Failed), c => Assert.DoesNotContain("Exception", c.Reason, StringComparison.Ordinal));
    }

    public void Dispose() => _temporary.Dispose();

    private VerificationReport Verify() => new Verifier([TestData.Find("data")]).Run(Case, cancel: TestContext.Current.CancellationToken);

    private string[] Failed() => [.. Verify().Checks.Where(c => c.Verdict == Verdict.Failed).Select(c => c.Quantity)];

    private void CopyCase(string relative)
    {
        var from = TestData.Find("fixtures/" + relative);
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var to = Path.Combine(Case, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.WriteAllBytes(to, File.ReadAllBytes(file));
        }
    }

    private void Rewrite(string file, Action<Dictionary<string, torch.Tensor>> change)
    {
        using var scope = torch.NewDisposeScope();
        var tensors = new Dictionary<string, torch.Tensor>(SafetensorsFile.Open(Path.Combine(Case, file)).ReadAll());
        change(tensors);
        SafetensorsFile.Write(Path.Combine(Case, file), tensors);
    }
}
