using Fovea.Models.Decoders;
using Fovea.Models.Inference;
using Fovea.Models.MixedPrecision;
using Fovea.Models.Parameters;
using Fovea.Tests.Training;
using Fovea.Torch;
using TorchSharp;
using Xunit;

namespace Fovea.Tests.Models;

/// <summary>
/// A decoder whose parameters are not in the processor's memory: on the device 'meta', where tensors have shapes and no numbers. It cannot run
/// there, since libtorch looks up no embedding on it; which way it would take can be seen.
/// </summary>
public sealed class OtherDeviceTests
{
    public OtherDeviceTests() => TorchRuntime.Start(1);

    [Fact]
    public void A_decoder_elsewhere_takes_neither_hand_written_gradients_nor_oneDNN()
    {
        using var scope = torch.NewDisposeScope();
        using var source = Small.WideLlava();
        using var parameters = new ParameterSet();
        foreach (var (name, parameter) in source.Parameters.All)
        {
            parameters.Add(name, parameter.detach().to(torch.META));
        }

        parameters.SetTrainable(_ => true);
        using var decoder = new Decoder(source.Decoder.Config, parameters, source.Decoder.Prefix) { Policy = MatmulPolicy.BF16 };
        using var mixed = new MixedPath(decoder);
        source.Decoder.Policy = MatmulPolicy.BF16;
        Assert.True(source.Mixed.Serves);
        Assert.False(mixed.Serves);
        using (var products = FusedProducts.TryCreate(torch.META))
        {
            Assert.Null(products);
        }

        using var packed = new PackedDecoder(decoder);
        Assert.False(packed.Serves); // where gradients are wanted
    }
}
