using Fovea.Core.Errors;
using Fovea.Core.Results;
using Fovea.Core.Samples;
using Fovea.Evaluation.Results;
using FsCheck;
using FsCheck.Xunit;
using Xunit;

namespace Fovea.Tests.Evaluation;

public sealed class ResultTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("fovea-results").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string In(string name) => Path.Combine(_folder, name);

    [Fact]
    public void A_result_written_is_read_back_bit_by_bit()
    {
        var result = new EvalResult("scenes", "scene", [new("a", true, [1.0 / 3, -0.1], [1, 0]), new("b", null, [1e-300, 7], [2, 3]) { IsShare = true }]);
        EvalResultFile.Write(In("r.json"), result);
        var read = EvalResultFile.Read(In("r.json"));
        Assert.Equal((result.Evaluation, result.Unit), (read.Evaluation, read.Unit));
        foreach (var (expected, got) in result.Metrics.Zip(read.Metrics))
        {
            Assert.Equal((expected.Name, expected.HigherIsBetter, expected.IsShare), (got.Name, got.HigherIsBetter, got.IsShare));
            Assert.Equal(expected.Numerators, got.Numerators);
            Assert.Equal(expected.Denominators, got.Denominators);
        }
    }

    [Fact]
    public void A_result_that_is_not_finite_is_not_written()
    {
        var result = new EvalResult("scenes", "scene", [new("a", true, [double.NaN], [1])]);
        Assert.Throws<FoveaException>(() => EvalResultFile.Write(In("r.json"), result));
        Assert.False(File.Exists(In("r.json")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("{\"format\":\"other\",\"evaluation\":\"e\",\"unit\":\"u\",\"metrics\":[]}")]
    [InlineData("{\"format\":\"fovea_eval_result_v1\",\"evaluation\":\"e\",\"unit\":\"u\",\"metrics\":[],\"more\":1}")]
    [InlineData("{\"format\":\"fovea_eval_result_v1\",\"evaluation\":\"e\",\"unit\":\"u\",\"metrics\":[null]}")]
    [InlineData("{\"format\":\"fovea_eval_result_v1\",\"evaluation\":\"e\",\"unit\":\"u\",\"metrics\":[{\"name\":\"m\",\"higher_is_better\":null,\"numerators\":[1],\"denominators\":[]}]}")]
    public void A_malformed_result_is_refused_with_its_file(string text)
    {
        File.WriteAllText(In("bad.json"), text);
        Assert.Contains("bad.json", Assert.Throws<InvalidInputException>(() => EvalResultFile.Read(In("bad.json"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_result_is_refused_with_its_file() =>
        Assert.Contains("none.json", Assert.Throws<InvalidInputException>(() => EvalResultFile.Read(In("none.json"))).Message, StringComparison.Ordinal);

    [Property]
    public void Predictions_survive_the_file(NonNull<string>[] texts)
    {
        // A lone surrogate is no text: JSON cannot carry it.
        var predictions = texts.Select((t, i) => new Prediction(new SampleKey("a \"b\".json", i), 2 * i, t.Get))
            .Where(p => p.Text.IsWellFormed()).ToArray();
        PredictionFile.Write(In("p.jsonl"), predictions);
        Assert.Equal(predictions, PredictionFile.Read(In("p.jsonl")));
    }

    [Theory]
    [InlineData("{\"source\":\"a\",\"record\":0,\"turn\":1,\"prediction\":\"x\"}\nnot json")]
    [InlineData("{\"source\":\"a\",\"record\":0,\"turn\":1,\"prediction\":\"x\"}\n{\"source\":\"a\",\"record\":0,\"turn\":1,\"prediction\":\"y\"}")]
    [InlineData("{\"source\":\"a\",\"record\":0,\"turn\":1,\"prediction\":\"x\"}\n{\"source\":\"a\",\"record\":1,\"turn\":1}")]
    public void A_malformed_prediction_is_refused_with_its_record(string text)
    {
        File.WriteAllText(In("p.jsonl"), text);
        Assert.Equal(1, Assert.Throws<InvalidInputException>(() => PredictionFile.Read(In("p.jsonl"))).Record);
    }
}

file static class TextForm
{
    public static bool IsWellFormed(this string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                i++;
            }
            else if (char.IsSurrogate(text[i]))
            {
                return false;
            }
        }

        return true;
    }
}
