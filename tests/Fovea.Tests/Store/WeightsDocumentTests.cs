using System.Text.RegularExpressions;
using Fovea.Core.Samples;
using Fovea.Core.Scores;
using Fovea.Store;
using Fovea.Tests.Architecture;
using Parquet;
using Xunit;

namespace Fovea.Tests.Store;

/// <summary>docs/weights.md says what others find in the file.</summary>
public sealed partial class WeightsDocumentTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_documented_columns_are_those_of_the_file_in_order()
    {
        var path = _folder.File("weights.parquet");
        WeightsFile.Write(path, [new TokenWeights(new SampleKey("a.json", 0), "f", SelectionStatus.Kept, null, [1f])], WeightNormalization.None,
            new Dictionary<string, string>());
        await using var stream = File.OpenRead(path);
        await using var reader = await ParquetReader.CreateAsync(stream, cancellationToken: TestContext.Current.CancellationToken);
        var document = File.ReadAllText(Path.Combine(Repository.Root, "docs", "weights.md"));
        var columns = document[..document.IndexOf("## Methods", StringComparison.Ordinal)];
        var documented = Row().Matches(columns).Select(m => m.Groups[1].Value);
        Assert.Equal(reader.Schema.Fields.Select(f => f.Name), documented);
        Assert.Equal(["fovea.kind", "fovea.metadata", "fovea.normalization"], reader.CustomMetadata.Keys.Order(StringComparer.Ordinal));
        Assert.Contains($"`fovea.kind` is `{reader.CustomMetadata["fovea.kind"]}`", document, StringComparison.Ordinal);
    }

    [GeneratedRegex("^\\| `([a-z_]+)` \\|", RegexOptions.Multiline)]
    private static partial Regex Row();
}
