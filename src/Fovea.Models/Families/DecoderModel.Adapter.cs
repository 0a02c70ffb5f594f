using Fovea.Core.Errors;
using Fovea.Models.Adapters;
using Fovea.Models.Decoders;
using Fovea.Torch;
using static TorchSharp.torch;

namespace Fovea.Models.Families;

public abstract partial class DecoderModel
{
    /// <summary>The adapter that is attached; null for none. It stays its maker's to dispose.</summary>
    public LoraAdapter? Adapter { get; private set; }

    /// <summary>Adds a low-rank adapter to the linear maps it names. The model's own parameters do not change.</summary>
    /// <exception cref="FoveaException">One is attached already, or the adapter does not fit this model.</exception>
    public void Attach(LoraAdapter adapter)
    {
        if (Adapter is not null)
        {
            throw new FoveaException("an adapter is attached already; detach or merge it first");
        }

        adapter.AttachTo(Linears);
        Adapter = adapter;
    }

    /// <summary>Detaches the adapter.</summary>
    public void Detach()
    {
        foreach (var map in Linears)
        {
            map.Adapter = null;
        }

        Adapter = null;
    }

    /// <summary>Adds the adapter's updates to the weights permanently, and detaches it. Not for parameters in a mapped file.</summary>
    public void MergeAdapter()
    {
        if (_memory is not null)
        {
            throw new FoveaException("an adapter cannot be merged into mapped parameters; load the model without mapping");
        }

        using var noGrad = no_grad();
        foreach (var map in Linears.Where(m => m.Adapter is not null))
        {
            using var scope = NewDisposeScope();
            map.Weight.copy_(map.Weight.to(ScalarType.Float32).Plus(map.Adapter!.Merged().to(ScalarType.Float32)));
        }

        Detach();
    }

    /// <summary>The model's linear maps that can carry an adapter.</summary>
    internal virtual IEnumerable<Linear> Linears => Decoder.Linears;
}
