using Fovea.Models.Families;
using Fovea.Torch;
using Fovea.Training.Examples;
using static TorchSharp.torch;

namespace Fovea.Training.Objective;

/// <summary>
/// Images against captions, as CLIP is trained (arXiv 2103.00020, figure 3): within a batch each image is to find its caption and each caption its image.
/// An image is the mean of what the projector gives of it; a caption is the weighted mean of its targets' embeddings in the decoder, less the batch's
/// mean, and is held fixed. So tower and projector learn to say, in the decoder's own terms, what captions name, before the decoder reads them.
/// </summary>
/// <remarks>
/// The loss is of whole batches: with micro-batches every image is first embedded without gradients, and again, with those of the whole
/// batch's loss, one micro-batch at a time (arXiv 2101.06983), so that their size changes neither.
/// </remarks>
/// <param name="model">Has a tower and a projector.</param>
/// <param name="temperature">What cosines are divided by.</param>
/// <param name="microBatchSize">Images per forward pass.</param>
internal sealed class ContrastiveObjective(LlavaModel model, double temperature, int microBatchSize)
{
    /// <summary>CLIP's first temperature.</summary>
    public const double DefaultTemperature = 0.07;

    /// <summary>Adds the gradients of a batch's loss to the parameters', and returns the loss: nats per choice among the batch's captions, or images.</summary>
    /// <exception cref="FoveaException">A sample has no image, or several.</exception>
    public double Backward(IReadOnlyList<WeightedSample> samples)
    {
        using var scope = NewDisposeScope();
        if (samples.FirstOrDefault(s => s.Sample.Images.Count != 1) is { } other)
        {
            throw new FoveaException($"{other.Key}: {other.Sample.Images.Count} images; training.objective=contrastive needs one image in each sample");
        }

        var micros = samples.Chunk(microBatchSize).Select(m => model.PackPixels([.. m.Select(s => s.Sample.Images[0])])!).ToArray();
        if (micros.Length == 1)
        {
            var images = Image(micros[0]);
            var loss = Loss(images, Captions(samples));
            loss.backward();
            return loss.item<float>();
        }

        Tensor all, gradient;
        double value;
        using (no_grad())
        {
            all = cat([.. micros.Select(Image)]);
        }

        using (var leaf = all.detach().requires_grad_(true))
        {
            var loss = Loss(leaf, Captions(samples));
            loss.backward();
            (value, gradient) = (loss.item<float>(), leaf.grad!.clone());
        }

        for (var i = 0; i < micros.Length; i++)
        {
            Image(micros[i]).backward([gradient.narrow(0, (long)i * microBatchSize, micros[i].shape[0])]);
        }

        return value;
    }

    /// <summary><c>[images, 3, height, width]</c> -> <c>[images, hidden]</c>.</summary>
    private Tensor Image(Tensor pixels) => model.ImageFeatures(pixels.to(model.Decoder.Device)).mean([1]);

    /// <summary>Each sample's caption: <c>[samples, hidden]</c>, without gradient.</summary>
    private Tensor Captions(IReadOnlyList<WeightedSample> samples)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var device = model.Decoder.Device;
        var ids = tensor(samples.SelectMany(s => s.Sample.TargetIndices.Select(i => (long)s.Sample.InputIds[i])).ToArray(), device: device); // [targets]
        var owners = tensor(samples.SelectMany((s, i) => Enumerable.Repeat((long)i, s.Weights.Length)).ToArray(), device: device); // [targets]
        var shares = tensor(samples.SelectMany(Shares).ToArray(), device: device).unsqueeze(1); // [targets, 1]
        var embeddings = model.Decoder.Embed(ids.unsqueeze(0)).squeeze(0); // [targets, hidden]
        var means = zeros([samples.Count, embeddings.shape[1]], device: device).AddAtInPlace(0, owners, embeddings * shares); // [samples, hidden]
        return (means - means.mean([0], keepdim: true)).MoveToOuterDisposeScope();
    }

    /// <summary>The mean of both directions' cross-entropies: a scalar.</summary>
    private Tensor Loss(Tensor images, Tensor captions)
    {
        var logits = nn.functional.normalize(images, dim: 1).matmul(nn.functional.normalize(captions, dim: 1).t()).Over(temperature); // [samples, samples]
        var own = TensorNumbers.Range(0, logits.shape[0], device: logits.device);
        return nn.functional.cross_entropy(logits, own).Plus(nn.functional.cross_entropy(logits.t(), own)).Over(2);
    }

    private static IEnumerable<float> Shares(WeightedSample sample)
    {
        var sum = sample.Weights.Sum();
        return sample.Weights.Select(w => w / sum);
    }
}
