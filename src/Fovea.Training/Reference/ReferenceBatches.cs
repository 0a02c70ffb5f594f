using Fovea.Models.Batching;
using Fovea.Models.Checkpoints;
using Fovea.Torch;
using Fovea.Training.Examples;
using TorchSharp;

namespace Fovea.Training.Reference;

/// <summary>
/// The batches of a reference run: <c>STEP.input_ids</c>, <c>attention_mask</c>, <c>labels</c>, <c>weights</c> <c>[batch, seq]</c>, and
/// <c>pixel_values</c> of the first rows.
/// </summary>
internal sealed class ReferenceBatches(string path) : IDisposable
{
    private readonly SafetensorsFile _file = SafetensorsFile.Open(path);

    /// <summary>The rows of a step, each as the trainer would have expanded it.</summary>
    public List<WeightedSample> Samples(int step)
    {
        using var scope = torch.NewDisposeScope();
        var ids = _file.Read($"{step}.input_ids");
        var (rows, seq) = ((int)ids.shape[0], (int)ids.shape[1]);
        var (id, mask, label) = (Values<long>(ids), Values<long>(_file.Read($"{step}.attention_mask")), Values<long>(_file.Read($"{step}.labels")));
        var weight = Values<float>(_file.Read($"{step}.weights"));
        if (mask.Length != id.Length || label.Length != id.Length || weight.Length != id.Length)
        {
            throw new InvalidInputException(path, step, "input_ids, attention_mask, labels and weights differ in shape");
        }

        var pixels = _file.Entries.ContainsKey($"{step}.pixel_values") ? _file.Read($"{step}.pixel_values") : null;
        var images = pixels is null ? 0 : (int)pixels.shape[0];
        return [.. Enumerable.Range(0, rows).Select(b =>
        {
            var row = id.AsSpan(b * seq, (int)mask.AsSpan(b * seq, seq).ToArray().Sum());
            var at = b * seq;
            var targets = Enumerable.Range(1, row.Length - 1).Where(t => label[at + t] >= 0).ToArray();
            var expanded = new ExpandedSample(Array.ConvertAll(row.ToArray(), i => (int)i), targets, b < images ? [Image(pixels![b])] : []);
            return WeightedSample.Create(new SampleKey(path, b), expanded, Array.ConvertAll(targets, t => weight[at + t]));
        })];
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static PixelValues Image(torch.Tensor chw) => new((int)chw.shape[0], (int)chw.shape[1], (int)chw.shape[2], Values<float>(chw));

    private static T[] Values<T>(torch.Tensor tensor)
        where T : unmanaged => TensorBytes.ToArray<T>(tensor);
}
