using TorchSharp;

namespace Fovea.Models.Parameters;

/// <summary>
/// A model's parameters by name, in the order they were made. One tensor object per parameter for the life of the model,
/// so that an optimiser sees a tied or shared parameter once.
/// </summary>
public sealed class ParameterSet : IDisposable
{
    private readonly OrderedDictionary<string, torch.Tensor> _byName = new(StringComparer.Ordinal);

    /// <summary>Names in order.</summary>
    public IEnumerable<string> Names => _byName.Keys;

    /// <summary>Names and tensors in order.</summary>
    public IEnumerable<KeyValuePair<string, torch.Tensor>> All => _byName;

    /// <summary>Number of scalars.</summary>
    public long NumElements => _byName.Values.Sum(t => t.numel());

    /// <summary>The parameter of that name.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public torch.Tensor this[string name] => _byName[name];

    /// <summary>Whether there is a parameter of that name.</summary>
    public bool Contains(string name) => _byName.ContainsKey(name);

    /// <summary>Takes ownership of a new parameter and detaches it from any dispose scope.</summary>
    public torch.Tensor Add(string name, torch.Tensor value)
    {
        var owned = value.DetachFromDisposeScope();
        _byName.Add(name, owned);
        return owned;
    }

    /// <summary>Sets which parameters are trained, by a rule on their names.</summary>
    public void SetTrainable(Func<string, bool> rule)
    {
        foreach (var (name, tensor) in _byName)
        {
            tensor.requires_grad = rule(name);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in _byName.Values)
        {
            tensor.Dispose();
        }

        _byName.Clear();
    }
}
