using Fovea.Models;
using Fovea.Models.Batching;
using Fovea.Models.Parameters;
using Fovea.Verification.Checks;
using Fovea.Verification.Fixtures;
using TorchSharp;

namespace Fovea.Verification.Text;

/// <summary>
/// A model that knows only how an image expands: what text references need of one. Images are as many tokens as the file states, or SOLO's grids.
/// </summary>
internal sealed class ImageTokensOnly(TextFixture file, JsonElement c) : VisionLanguageModel
{
    private const int Patch = 2;
    private readonly bool _tiny = c.Text("tokenizer").StartsWith("tiny", StringComparison.Ordinal);
    private readonly bool _solo = c.Text("template") == "solo";

    public override string Family => "image tokens";

    public override bool SeesImages => true;

    public override ParameterSet Parameters { get; } = new();

    public override int VocabSize => int.MaxValue;

    public override int MaxLength => int.MaxValue;

    private string Size => _tiny ? "tiny" : "real";

    /// <summary>As many pictures as the sample has, of the sizes that the file's grids give.</summary>
    public IReadOnlyList<PixelValues> ImagesOf(TokenizedSample sample)
    {
        var grids = file.Json.Need("grids").Ranges(Size);
        return [.. sample.Images.Select((_, i) => _solo
            ? new PixelValues(3, grids[i % grids.Length].From * Patch, grids[i % grids.Length].To * Patch, [])
            : new PixelValues(3, Patch, Patch, []))];
    }

    public override int[] ImageTokenIds(int height, int width)
    {
        var spec = file.Specification(c.Text("tokenizer"));
        if (!_solo)
        {
            return [.. Enumerable.Repeat(spec.Int("image_id"), file.Json.Need("image_tokens").Int(Size))];
        }

        var tokenizer = file.Tokenizer(c.Text("tokenizer"));
        int Id(string token) => tokenizer.IdOf(token) ?? throw new ReferenceException($"the tokenizer has no {token}");
        var row = Enumerable.Repeat(Id("<vpatch>"), width / Patch).ToArray();
        return [Id("<vision>"), .. Enumerable.Range(0, height / Patch).SelectMany(r => r == 0 ? row : [Id("<vrow_sep>"), .. row]), Id("</vision>")];
    }

    public override torch.Tensor Embed(torch.Tensor inputIds, torch.Tensor? pixelValues) => throw new NotSupportedException();

    public override torch.Tensor? PackPixels(IReadOnlyList<PixelValues> images) => throw new NotSupportedException();

    public override torch.Tensor Logits(ModelBatch batch) => throw new NotSupportedException();
}
