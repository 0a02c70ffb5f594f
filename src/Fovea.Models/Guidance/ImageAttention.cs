using Fovea.Models.Batching;
using Fovea.Models.Decoders;
using Fovea.Models.Families;
using Fovea.Torch;
using static TorchSharp.torch;

namespace Fovea.Models.Guidance;

/// <summary>
/// How much of its attention the text gives to the images before it, by layer: the mean over heads of the mass on image tokens, of the queries behind a
/// sample's last image token.
/// </summary>
public static class ImageAttention
{
    /// <summary>Sums over one sample's queries by layer, and how many queries there are; 0 of a sample without images, or with nothing behind them.</summary>
    /// <param name="model">The model.</param>
    /// <param name="sample">Expanded.</param>
    /// <returns>Mass <c>[layers]</c>, from 0 to the number of queries.</returns>
    public static (double[] Mass, int Queries) Of(DecoderModel model, ExpandedSample sample)
    {
        var sums = new double[model.Decoder.Config.NumLayers];
        var queries = sample.InputIds.Length - 1 - Array.FindLastIndex(sample.InputIds, model.IsImageToken);
        if (sample.Images.Count == 0 || queries == 0)
        {
            return (sums, 0);
        }

        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var device = model.Decoder.Device;
        using var sum = new MassByLayer(PromptRows.Of(model, [sample]), sums);
        var ids = tensor(Array.ConvertAll(sample.InputIds, id => (long)id), [1, sample.InputIds.Length], device: device);
        using var output = model.Decoder.Forward(new DecoderInput
        {
            Embeddings = model.Embed(ids, model.PackPixels(sample.Images)?.to(device)),
            Hook = sum,
        });
        return (sums, queries);
    }

    private sealed class MassByLayer(PromptRows rows, double[] sums) : BatchAttention(rows)
    {
        public override bool Reads(int layer) => true;

        public override Tensor OnWeights(int layer, Tensor weights)
        {
            var (queries, keys) = (weights.shape[2], weights.shape[3]);
            var onImages = (weights * ImageKeys(keys).view(-1, 1, 1, keys).to(weights.dtype)).sum(-1).mean([1]); // [rows, query]
            sums[layer] = (onImages * QueriesBehindImages(queries, keys).to(weights.dtype)).sum().ToNumber();
            return weights;
        }
    }
}
