using Fovea.Models.Batching;
using Fovea.Models.Guidance;
using static TorchSharp.torch;

namespace Fovea.Models.Generation;

/// <summary>Two batches that go the same way, one of the prompts and one of their contrasts; a decoding method makes one score of two.</summary>
internal sealed class GuidedState(DecodingMethod method, DecodingState own, DecodingState contrast) : IDecodingState
{
    public Tensor Start(ExpandedSample[] prompts, int padId) =>
        Combine(own.Start(prompts, padId), contrast.Start(Array.ConvertAll(prompts, p => p.Contrast!), padId));

    public Tensor Next(long[] ids) => Combine(own.Next(ids), contrast.Next(ids));

    public void SelectRows(int[] rows)
    {
        own.SelectRows(rows);
        contrast.SelectRows(rows);
    }

    public void ReorderBeams(int[] rows)
    {
        own.ReorderBeams(rows);
        contrast.ReorderBeams(rows);
    }

    public void Dispose()
    {
        own.Dispose();
        contrast.Dispose();
    }

    private Tensor Combine(Tensor scores, Tensor other)
    {
        using (scores)
        using (other)
        {
            return method.Combine(scores, other);
        }
    }
}
