using System.Text.Json.Nodes;
using Fovea.Tests.Training;
using Fovea.Torch;
using Fovea.Verification;
using Fovea.Verification.Checks;
using Xunit;

namespace Fovea.Tests.Verification;

/// <summary>The reference's photographs through the whole chain, and what a wrong reference does.</summary>
public sealed class EndToEndCaseTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();
    private readonly string _fixture = TestData.Find("fixtures/endtoend/llava_v1");

    public EndToEndCaseTests() => TorchRuntime.Start(1);

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void Everything_in_the_case_equals_the_reference()
    {
        var report = Verify(_fixture);
        Assert.Empty(report.Checks.Where(c => c.Verdict != Verdict.Passed).Select(c => $"{c.Quantity}: {c.Difference} of {c.Tolerance}; {c.Reason}"));
        string[] some = ["input_ids", "png.log_prob.image", "png.log_prob.blur", "jpeg.log_prob.none", "vig.mean", "sample_vig.blur", "selection.70.tau",
            "selection.30.token_weights", "prior.reference_log_prob"];
        Assert.Superset(some.ToHashSet(), report.Checks.Select(c => c.Quantity).ToHashSet());
        Assert.Contains(report.Checks, c => c.Quantity.StartsWith("prior.loss.", StringComparison.Ordinal));
    }

    [Fact]
    public void A_case_whose_values_are_off_fails_each_of_them()
    {
        var copy = Copy();
        var path = Path.Combine(copy, "case.json");
        var json = JsonNode.Parse(File.ReadAllText(path))!;
        var first = json["samples"]![0]!;
        Add(first["log_prob"]!["blur"]!, 3e-4);
        Add(first["vig"]!["black"]!, 3e-4);
        json["selection"]!["70"]!["tau"] = json["selection"]!["70"]!["tau"]!.GetValue<double>() + 3e-4;
        json["selection"]!["30"]!["kept"]!.AsArray().RemoveAt(0);
        Add(json["prior"]![0]!["reference_log_prob"]!, 3e-4);
        File.WriteAllText(path, json.ToJsonString());

        Assert.Equal(
            ["png.log_prob.blur", "prior.reference_log_prob", "selection.30.kept", "selection.70.tau", "vig.black"],
            Verify(copy).Checks.Where(c => c.Verdict == Verdict.Failed).Select(c => c.Quantity).Order(StringComparer.Ordinal));
    }

    private static void Add(JsonNode numbers, double difference) => numbers[1] = numbers[1]!.GetValue<double>() + difference;

    private static VerificationReport Verify(string path) => new Verifier([]).Run(path, cancel: TestContext.Current.CancellationToken);

    private string Copy()
    {
        var target = Path.Combine(_temporary.Path, "case");
        foreach (var file in Directory.EnumerateFiles(_fixture, "*", SearchOption.AllDirectories))
        {
            var to = Path.Combine(target, Path.GetRelativePath(_fixture, file));
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(file, to);
        }

        return target;
    }
}
