using System.Runtime.InteropServices;
using System.Text.Json;
using Fovea.Models;
using Fovea.Models.Checkpoints;
using Xunit;
using static TorchSharp.torch;

namespace Fovea.Tests.Models;

/// <summary>One case of fixtures/models: expected tensors and the tolerance they come with.</summary>
internal sealed class Golden : IDisposable
{
    private readonly Dictionary<string, Tensor> _expected;
    private readonly double _absolute, _relative;

    public Golden(string relative)
    {
        Folder = TestData.Find("fixtures/models/" + relative);
        Case = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder, "case.json"))).RootElement.Clone();
        _expected = SafetensorsFile.Open(Path.Combine(Folder, "expected.safetensors")).ReadAll();
        var tolerance = Case.GetProperty("tolerance");
        _absolute = tolerance.GetProperty("absolute").GetDouble();
        _relative = tolerance.GetProperty("relative").GetDouble();
    }

    public string Folder { get; }

    public JsonElement Case { get; }

    public Tensor this[string name] => _expected[name];

    public bool Has(string name) => _expected.ContainsKey(name);

    public static float[] Floats(Tensor tensor)
    {
        using var plain = tensor.detach().to(ScalarType.Float32).contiguous();
        return MemoryMarshal.Cast<byte, float>(plain.bytes).ToArray();
    }

    public static long[] Longs(Tensor tensor)
    {
        using var plain = tensor.contiguous();
        return MemoryMarshal.Cast<byte, long>(plain.bytes).ToArray();
    }

    /// <summary>Compares where the attention mask is 1, or everywhere.</summary>
    public void AssertClose(string name, Tensor actual, Tensor? mask = null)
    {
        using var scope = NewDisposeScope();
        Assert.Equal(_expected[name].shape, actual.shape);
        var (x, y) = (Floats(actual), Floats(_expected[name]));
        var keep = mask is null ? null : Longs(mask);
        var width = keep is null ? 1 : x.Length / keep.Length;
        for (var i = 0; i < x.Length; i++)
        {
            if (keep is null || keep[i / width] == 1)
            {
                Assert.True(Math.Abs(x[i] - y[i]) <= _absolute + (_relative * Math.Abs(y[i])), $"{name}[{i}]: {x[i]}, expected {y[i]}");
            }
        }
    }

    public void AssertLoss(string arm, Tensor loss)
    {
        var expected = Case.GetProperty("loss").GetProperty(arm).GetProperty("loss").GetDouble();
        Assert.Equal(expected, loss.item<float>(), _absolute + (_relative * expected));
    }

    /// <summary>sum(weight * nll) / denominator over logits of every position, as the generator defines it.</summary>
    public Tensor Loss(string arm, Tensor logits)
    {
        var (batch, seq) = (this["labels"].shape[0], this["labels"].shape[1]);
        var predicted = logits.view(batch, seq, -1).narrow(1, 0, seq - 1).log_softmax(-1); // [batch, seq - 1, vocab]
        var target = this["labels"].narrow(1, 1, seq - 1); // [batch, seq - 1]
        var picked = predicted.gather(-1, target.clamp_min(0).unsqueeze(-1)).squeeze(-1); // [batch, seq - 1]
        var weight = this["weights." + arm].narrow(1, 1, seq - 1) * target.ge(0);
        return -(weight * picked).sum() / Case.GetProperty("loss").GetProperty(arm).GetProperty("denominator").GetDouble();
    }

    /// <summary>Loss and gradient of every parameter, under plain, PRIOR and VIG weights.</summary>
    public void AssertLossesAndGradients(VisionLanguageModel model, Func<Tensor> logitsEverywhere)
    {
        using var gradients = new GoldenGradients(Path.Combine(Folder, "gradients.safetensors"));
        model.Parameters.SetTrainable(_ => true);
        foreach (var arm in new[] { "ntp", "prior", "vig" })
        {
            using var scope = NewDisposeScope();
            var loss = Loss(arm, logitsEverywhere());
            AssertLoss(arm, loss);
            loss.backward();
            gradients.AssertEqual(arm, model);
        }
    }

    /// <summary>Flat indices of all positions.</summary>
    public static Tensor Everywhere(Tensor ids) => arange(ids.numel(), dtype: ScalarType.Int64);

    public void Dispose()
    {
        foreach (var tensor in _expected.Values)
        {
            tensor.Dispose();
        }
    }

    private sealed class GoldenGradients(string path) : IDisposable
    {
        private readonly Dictionary<string, Tensor> _gradients = SafetensorsFile.Open(path).ReadAll();

        public void AssertEqual(string arm, VisionLanguageModel model)
        {
            var seen = 0;
            foreach (var (name, parameter) in model.Parameters.All)
            {
                var actual = parameter.grad;
                if (_gradients.TryGetValue($"{arm}.{name}", out var expected))
                {
                    Assert.True(actual is not null, $"{arm}: no gradient for {name}");
                    Close($"{arm}.{name}", Floats(actual!), Floats(expected));
                    seen++;
                }
                else
                {
                    Assert.True(actual is null || actual.count_nonzero().item<long>() == 0, $"{arm}: unexpected gradient for {name}");
                }

                parameter.grad = null;
            }

            Assert.Equal(_gradients.Keys.Count(k => k.StartsWith(arm + ".", StringComparison.Ordinal)), seen);
        }

        public void Dispose()
        {
            foreach (var tensor in _gradients.Values)
            {
                tensor.Dispose();
            }
        }

        private static void Close(string name, float[] actual, float[] expected)
        {
            Assert.Equal(expected.Length, actual.Length);
            var tolerance = (1e-4 * expected.Max(Math.Abs)) + 1e-7;
            for (var i = 0; i < actual.Length; i++)
            {
                Assert.True(Math.Abs(actual[i] - expected[i]) <= tolerance, $"gradient {name}[{i}]: {actual[i]}, expected {expected[i]} within {tolerance}");
            }
        }
    }
}
