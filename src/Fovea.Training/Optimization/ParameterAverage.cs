using Fovea.Models.Parameters;
using TorchSharp;

namespace Fovea.Training.Optimization;

/// <summary>
/// Exponential moving average of the trained parameters (Polyak and Juditsky 1992): average = decay * average + (1 - decay) * parameter after each
/// update; it begins with the parameters themselves.
/// </summary>
public sealed class ParameterAverage : IDisposable
{
    private readonly FusedKernels _kernels = new();
    private readonly double _decay;
    private readonly (string Name, torch.Tensor Parameter, torch.Tensor Average)[] _slots;

    /// <summary>Copies each parameter that requires a gradient.</summary>
    /// <param name="parameters">Of the model.</param>
    /// <param name="decay">0 to below 1.</param>
    public ParameterAverage(ParameterSet parameters, double decay)
    {
        _decay = decay;
        using var noGrad = torch.no_grad();
        _slots = [.. parameters.All.Where(p => p.Value.requires_grad).Select(p => (p.Key, p.Value, p.Value.detach().clone().DetachFromDisposeScope()))];
    }

    /// <summary>Takes the parameters in as they are now.</summary>
    public void Update()
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        _kernels.Average(Array.ConvertAll(_slots, s => s.Average), Array.ConvertAll(_slots, s => s.Parameter), 1 - _decay);
    }

    /// <summary>Exchanges parameters and averages: once to use the averages in the model, once more to go back.</summary>
    public void Swap()
    {
        using var noGrad = torch.no_grad();
        foreach (var (_, parameter, average) in _slots)
        {
            using var held = parameter.detach().clone();
            parameter.copy_(average);
            average.copy_(held);
        }
    }

    /// <summary>Averages by the parameters' names. Still owned here.</summary>
    public IEnumerable<KeyValuePair<string, torch.Tensor>> State() => _slots.Select(s => KeyValuePair.Create(s.Name, s.Average));

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var slot in _slots)
        {
            slot.Average.Dispose();
        }

        _kernels.Dispose();
    }
}
