using Fovea.Torch;
using TorchSharp;
using Xunit;

namespace Fovea.Tests;

public sealed class SmokeTests
{
    [Fact]
    public void Libtorch_loads_and_adds()
    {
        TorchRuntime.Start(1);
        Assert.Equal(4f, torch.ones(2, 2).sum().item<float>());
    }
}
