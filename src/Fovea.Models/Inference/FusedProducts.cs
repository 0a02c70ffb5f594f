using System.IO.Compression;
using Fovea.Torch;
using TorchSharp;

namespace Fovea.Models.Inference;

/// <summary>
/// Matrix products of oneDNN with what follows them done while the result is in registers: GELU or a sum with another tensor. TorchSharp binds none of
/// these operators; a constant TorchScript module reaches them. Where libtorch or the processor lacks them, <see cref="TryCreate"/> gives null.
/// </summary>
internal sealed class FusedProducts : IDisposable
{
    // The serialised form, since the text that torch.jit.compile takes cannot name operators outside aten.
    private const string Code = """
        class Products(Module):
          __parameters__ = []
          __buffers__ = []
          training : bool
          def pack(self: __torch__.Products, weight: Tensor) -> Tensor:
            return ops.mkldnn._reorder_linear_weight(weight, 1024)
          def plain(self: __torch__.Products, x: Tensor, weight: Tensor) -> Tensor:
            return ops.mkldnn._linear_pointwise(x, weight, None, "none", [], "")
          def biased(self: __torch__.Products, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
            return ops.mkldnn._linear_pointwise(x, weight, bias, "none", [], "")
          def gelu(self: __torch__.Products, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
            return ops.mkldnn._linear_pointwise(x, weight, bias, "gelu", [], "none")
          def plus(self: __torch__.Products, x: Tensor, weight: Tensor, other: Tensor) -> Tensor:
            return ops.mkldnn._linear_pointwise(x, other, weight, None, "add")
          def biasedplus(self: __torch__.Products, x: Tensor, weight: Tensor, bias: Tensor, other: Tensor) -> Tensor:
            return ops.mkldnn._linear_pointwise(x, other, weight, bias, "add")

        """;

    // An empty object of that class, and no constants, pickled.
    private static readonly byte[] Data = [0x80, 0x02, .. "c__torch__\nProducts\n)"u8, 0x81, .. "}(X\x08\0\0\0training"u8, 0x88, .. "ub."u8];
    private static readonly byte[] Constants = [0x80, 0x02, .. ")."u8];

    private readonly torch.jit.ScriptModule _module;

    private FusedProducts(torch.jit.ScriptModule module) => _module = module;

    /// <summary>The products, or null where they are not available; tries each once.</summary>
    /// <param name="device">Where the weights are; oneDNN computes on the CPU only.</param>
    public static FusedProducts? TryCreate(torch.Device device)
    {
        if (!device.IsCpu())
        {
            return null;
        }

        FusedProducts? products = null;
        try
        {
            products = new FusedProducts(Load());
            using var scope = torch.NewDisposeScope();
            var (x, weight, bias) = (torch.ones(16, 32, torch.ScalarType.BFloat16), torch.ones(64, 32, torch.ScalarType.BFloat16),
                torch.ones(64, torch.ScalarType.BFloat16));
            var packed = products.Pack(weight);
            var plain = products.Plain(x, packed, null); // 32 everywhere
            var sum = products.Plain(x, packed, bias).Plus(products.Plus(x, packed, null, plain)).Plus(products.Plus(x, packed, bias, plain))
                .Plus(products.Gelu(x, packed, bias));
            if (sum.Minus(33 + 64 + 65 + 33).abs().max().ToNumber() < 4) // bfloat16 of numbers near 195
            {
                return products;
            }
        }
        catch (Exception e) when (e is System.Runtime.InteropServices.ExternalException or IOException or UnauthorizedAccessException)
        {
            // Not this libtorch, not this processor, or no folder for temporary files.
        }

        products?.Dispose();
        return null;
    }

    /// <summary>A weight <c>[out, in]</c>, bfloat16, in the order that the products read fastest.</summary>
    public torch.Tensor Pack(torch.Tensor weight) => Call("pack", weight);

    /// <summary>x W^T + b.</summary>
    public torch.Tensor Plain(torch.Tensor x, torch.Tensor packed, torch.Tensor? bias) =>
        bias is null ? Call("plain", x, packed) : Call("biased", x, packed, bias);

    /// <summary>GELU of x W^T + b.</summary>
    public torch.Tensor Gelu(torch.Tensor x, torch.Tensor packed, torch.Tensor bias) => Call("gelu", x, packed, bias);

    /// <summary>x W^T + b, plus another tensor of the result's shape.</summary>
    public torch.Tensor Plus(torch.Tensor x, torch.Tensor packed, torch.Tensor? bias, torch.Tensor other) =>
        bias is null ? Call("plus", x, packed, other) : Call("biasedplus", x, packed, bias, other);

    public void Dispose() => _module.Dispose();

    private torch.Tensor Call(string method, params object[] arguments) => _module.Tensor(method, arguments);

    private static torch.jit.ScriptModule Load()
    {
        var path = Path.Combine(Path.GetTempPath(), $"fovea-{Guid.NewGuid():N}.pt");
        try
        {
            using (var zip = ZipFile.Open(path, ZipArchiveMode.Create))
            {
                Write(zip, "products/data.pkl", Data);
                Write(zip, "products/code/__torch__.py", System.Text.Encoding.ASCII.GetBytes(Code));
                Write(zip, "products/constants.pkl", Constants);
                Write(zip, "products/version", "3\n"u8);
            }

            return torch.jit.load(path);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static void Write(ZipArchive zip, string name, ReadOnlySpan<byte> content)
    {
        using var entry = zip.CreateEntry(name, CompressionLevel.NoCompression).Open();
        entry.Write(content);
    }
}
