using Fovea.Models.Decoders;
using Fovea.Torch;
using static TorchSharp.torch;

namespace Fovea.Models.Families;

public abstract partial class DecoderModel
{
    /// <summary>Names of the linear maps that carry a low-rank adapter; none unless one is attached. It stays its maker's to dispose.</summary>
    public IReadOnlyList<string> AdaptedModules => [.. Adapted.Select(m => m.Name)];

    /// <summary>Detaches the adapter.</summary>
    public void Detach()
    {
        foreach (var map in Adapted)
        {
            map.Adapter = null;
        }
    }

    /// <summary>Adds the adapter's updates to the weights permanently, and detaches it. Not for parameters in a mapped file.</summary>
    public void MergeAdapter()
    {
        if (_memory is not null)
        {
            throw new FoveaException("an adapter cannot be merged into mapped parameters; load the model without mapping");
        }

        using var noGrad = no_grad();
        foreach (var map in Adapted)
        {
            using var scope = NewDisposeScope();
            map.Weight.copy_(map.Weight.to(ScalarType.Float32).Plus(map.Adapter!.Merged().to(ScalarType.Float32)));
        }

        Detach();
    }

    /// <summary>The model's linear maps that can carry an adapter.</summary>
    internal virtual IEnumerable<Linear> Linears => Decoder.Linears;

    private IEnumerable<Linear> Adapted => Linears.Where(m => m.Adapter is not null);
}
