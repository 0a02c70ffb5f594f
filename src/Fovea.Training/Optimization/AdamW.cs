using Fovea.Models.Parameters;
using TorchSharp;

namespace Fovea.Training.Optimization;

/// <summary>Constants of AdamW.</summary>
/// <param name="Beta1">Decay of the first moment.</param>
/// <param name="Beta2">Decay of the second moment.</param>
/// <param name="Eps">Added to the root of the second moment.</param>
/// <param name="WeightDecay">Decoupled; applies to tensors of two or more dimensions only.</param>
public sealed record AdamWSettings(double Beta1 = 0.9, double Beta2 = 0.95, double Eps = 1e-8, double WeightDecay = 0);

/// <summary>
/// AdamW (arXiv 1711.05101) with float32 moments over the trainable parameters of a model. A parameter that got no gradient in a step is left
/// as it is, moments, step count and decay included, as in PyTorch.
/// </summary>
public sealed class AdamW : IDisposable
{
    private const double ClipEpsilon = 1e-6;
    private readonly FusedKernels _kernels = new();
    private readonly List<Slot> _slots = [];
    private readonly AdamWSettings _settings;

    /// <summary>Makes zero state for each parameter that requires a gradient.</summary>
    /// <param name="parameters">Of the model; float32.</param>
    /// <param name="settings">Constants.</param>
    /// <param name="learningRateScale">Factor of the learning rate by parameter name; null for 1.</param>
    /// <exception cref="FoveaException">A trainable parameter is not float32.</exception>
    public AdamW(ParameterSet parameters, AdamWSettings settings, Func<string, double>? learningRateScale = null)
    {
        _settings = settings;
        using var noGrad = torch.no_grad();
        foreach (var (name, tensor) in parameters.All.Where(p => p.Value.requires_grad))
        {
            if (tensor.dtype != torch.ScalarType.Float32)
            {
                throw new FoveaException($"parameter {name} is {tensor.dtype}; training needs float32 parameters, since small updates are lost in "
                    + $"shorter types");
            }

            var decay = tensor.dim() >= 2 ? settings.WeightDecay : 0;
            _slots.Add(new Slot(
                name, tensor, Owned(torch.zeros_like(tensor)), Owned(torch.zeros_like(tensor)),
                Owned(torch.zeros([], device: tensor.device)), new Group(decay, learningRateScale?.Invoke(name) ?? 1)));
        }
    }

    /// <summary>Names of the parameters that it trains, in the model's order.</summary>
    public IEnumerable<string> Names => _slots.Select(s => s.Name);

    /// <summary>Names of those that have a gradient now.</summary>
    public IEnumerable<string> NamesWithGradient()
    {
        using var scope = torch.NewDisposeScope();
        return [.. _slots.Where(s => s.Parameter.grad is not null).Select(s => s.Name)];
    }

    /// <summary>Forgets all gradients.</summary>
    public void ZeroGradients()
    {
        foreach (var slot in _slots)
        {
            slot.Parameter.grad = null;
        }
    }

    /// <summary>
    /// Clips the gradients to a global norm (scale = clip / (norm + 1e-6) if below 1) and makes one update.
    /// If the norm is not finite, nothing changes.
    /// </summary>
    /// <param name="learningRate">Of this update.</param>
    /// <param name="clipNorm">Largest norm; null for no clipping.</param>
    /// <returns>The norm before clipping, over all gradients.</returns>
    public double Update(double learningRate, double? clipNorm)
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        var live = _slots.Select(s => (Slot: s, Gradient: s.Parameter.grad)).Where(p => p.Gradient is not null).ToArray();
        if (live.Length == 0)
        {
            return 0;
        }

        var norm = _kernels.Norm(Array.ConvertAll(live, p => p.Gradient!));
        if (!double.IsFinite(norm))
        {
            return norm;
        }

        var factor = clipNorm is { } clip ? Math.Min(1, clip / (norm + ClipEpsilon)) : 1;
        foreach (var group in live.GroupBy(p => p.Slot.Group))
        {
            var members = group.ToArray();
            var tensors = new AdamWTensors(
                Array.ConvertAll(members, p => p.Slot.Parameter), Array.ConvertAll(members, p => p.Gradient!), Array.ConvertAll(members,
                    p => p.Slot.FirstMoment),
                Array.ConvertAll(members, p => p.Slot.SecondMoment), Array.ConvertAll(members, p => p.Slot.Steps));
            _kernels.AdamW(tensors, learningRate * group.Key.LearningRateScale, group.Key.WeightDecay, _settings, factor);
        }

        return norm;
    }

    /// <summary>
    /// All state by name: <c>exp_avg.NAME</c>, <c>exp_avg_sq.NAME</c> (both as the parameter) and <c>step.NAME</c> (<c>[]</c>), float32. Still owned here.
    /// </summary>
    public IEnumerable<KeyValuePair<string, torch.Tensor>> State() => _slots.SelectMany(s => s.State());

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (_, tensor) in State())
        {
            tensor.Dispose();
        }

        _slots.Clear();
        _kernels.Dispose();
    }

    private static torch.Tensor Owned(torch.Tensor tensor) => tensor.DetachFromDisposeScope();

    private readonly record struct Group(double WeightDecay, double LearningRateScale);

    private sealed record Slot(
        string Name, torch.Tensor Parameter, torch.Tensor FirstMoment, torch.Tensor SecondMoment, torch.Tensor Steps, Group Group)
    {
        public IEnumerable<KeyValuePair<string, torch.Tensor>> State() =>
            [new("exp_avg." + Name, FirstMoment), new("exp_avg_sq." + Name, SecondMoment), new("step." + Name, Steps)];
    }
}
