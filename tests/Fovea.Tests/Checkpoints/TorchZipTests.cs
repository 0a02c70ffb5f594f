using Fovea.Core.Errors;
using Fovea.Models.Checkpoints;
using Fovea.Torch;
using Xunit;
using static TorchSharp.torch;

namespace Fovea.Tests.Checkpoints;

public sealed class TorchZipTests : IDisposable
{
    private static readonly Dictionary<string, byte[]> Six = new() { ["0"] = PickleWriter.Floats(0, 1, 2, 3, 4, 5) };
    private readonly string _folder = Directory.CreateTempSubdirectory("fovea-torch-").FullName;

    public TorchZipTests() => TorchRuntime.Start(1);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("archive", 1)]
    [InlineData("pytorch_model-00001-of-00002", 64)] // a longer name shifts the data: one of 64 lengths aligns it, so that it is mapped
    public void Views_with_strides_and_offsets_share_a_storage(string name, int lengths)
    {
        using var scope = NewDisposeScope();
        var pickle = new PickleWriter().Op('}').Op('(')
            .Text("whole").Tensor("FloatStorage", "0", 6, 0, [2, 3], [3, 1])
            .Text("transposed").Tensor("FloatStorage", "0", 6, 0, [3, 2], [1, 3])
            .Text("column").Tensor("FloatStorage", "0", 6, 1, [2], [3])
            .Text("rest").Tensor("FloatStorage", "0", 6, 4, [2], [1])
            .Text("scalar").Tensor("FloatStorage", "0", 6, 5, [], [])
            .Text("empty").Tensor("FloatStorage", "0", 6, 0, [0, 3], [3, 1])
            .Op('u').Done();
        foreach (var length in Enumerable.Range(0, lengths))
        {
            using var source = Open(PickleWriter.Zip(pickle, Six, name + new string('x', length), length % 2 == 0 ? "little" : null));
            foreach (var copy in new[] { true, false })
            {
                Assert.Equal([0f, 1, 2, 3, 4, 5], source.Read("whole", copy).data<float>().ToArray());
                Assert.Equal([0f, 3, 1, 4, 2, 5], source.Read("transposed", copy).data<float>().ToArray());
                Assert.Equal([1f, 4], source.Read("column", copy).data<float>().ToArray());
                Assert.Equal([4f, 5], source.Read("rest", copy).data<float>().ToArray());
                Assert.Equal(5f, source.Read("scalar", copy).item<float>());
                Assert.Equal([0, 3], source.Read("empty", copy).shape);
            }
        }
    }

    [Fact]
    public void What_torch_wraps_around_tensors_is_unwrapped()
    {
        using var scope = NewDisposeScope();
        var pickle = new PickleWriter(4).Op(0x95, 0, 0, 0, 0, 0, 0, 0, 0) // a frame
            .StackGlobal("collections", "OrderedDict").Op(')').Op('R').Op(0x94).Op('(')
            .Text("parameter").StackGlobal("torch._utils", "_rebuild_parameter").Op('(').Tensor("FloatStorage", "0", 6, 0, [6], [1]).Op(0x88)
            .Op('N').Op('t').Op('R')
            .Text("half").StackGlobal("torch._utils", "_rebuild_tensor_v3").Op('(').Storage("UntypedStorage", "1", 4).Integer(0).Tuple(2).Tuple(1).Op(0x89)
            .Op('N').Global("torch", "bfloat16").Op('N').Op('t').Op('R')
            .Text("list").Op(']').Op('(').Op('N').Tensor("FloatStorage", "0", 6, 0, [6], [1]).Op('e')
            .Text("optimizer").Op('}').Text("state").Op('}').Integer(7).Tensor("FloatStorage", "0", 6, 2, [1], [1]).Op('s').Op('s')
            .Text("epoch").Integer(3).Text("learning rate").Op((byte)'G').Op(0x3F, 0xF0, 0, 0, 0, 0, 0, 0).Text("size").Global("torch", "Size")
            .Tuple(1, 2).Op(0x85).Op('R')
            .Op('u')
            .Op('}').Text("_metadata").Global("collections", "OrderedDict").Op(')').Op('R').Op('s').Op('b') // state_dict's attribute
            .Done();
        using var source = Open(PickleWriter.Zip(pickle, new Dictionary<string, byte[]>(Six) { ["1"] = [0x80, 0x3F, 0x00, 0xC0] }));
        Assert.Equal(["half", "list.1", "optimizer.state.7", "parameter"], source.Tensors.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(ScalarType.BFloat16, source.Tensors["half"].Type);
        Assert.Equal([1f, -2f], source.Read("half").to(ScalarType.Float32).data<float>().ToArray());
        Assert.Equal(2f, source.Read("optimizer.state.7").item<float>());
    }

    /// <summary>
    /// Made by CPython's own pickler, frames and memo included: {"model": OrderedDict of layer.weight [2, 3], layer.transposed [3, 2], tied (the same object as
    /// layer.weight), param (a Parameter) with the attribute _metadata, numbers, texts, torch.Size, "ids": {3: a scalar}}, all tensors on storage "0".
    /// </summary>
    [Theory]
    [InlineData(2,
        "gAJ9cQAoWAUAAABtb2RlbHEBY2NvbGxlY3Rpb25zCk9yZGVyZWREaWN0CnECKVJxAyhYDAAAAGxheWVyLndlaWdodHEEY3RvcmNoLl91dGlscwpfcmVidWlsZF90ZW5zb3JfdjIKcQUoKFgHAAAAc3RvcmFnZXEGY3RvcmNoCkZsb2F0U3RvcmFnZQpxB1gBAAAAMHEIWAMAAABjcHVxCUsGdHEKUUsASwJLA4ZxC0sDSwGGcQyJaAIpUnENdHEOUnEPWBAAAABsYXllci50cmFuc3Bvc2VkcRBoBSgoaAZoB2gIaAlLBnRxEVFLAEsDSwKGcRJLAUsDhnETiWgCKVJxFHRxFVJxFlgEAAAAdGllZHEXaA9YBQAAAHBhcmFtcRhjdG9yY2guX3V0aWxzCl9yZWJ1aWxkX3BhcmFtZXRlcgpxGWgFKChoBmgHaAhoCUsGdHEaUUsESwKFcRtLAYVxHIloAilScR10cR5ScR+IaAIpUnEgh3EhUnEidX1xI1gJAAAAX21ldGFkYXRhcSRoAilScSUoWAAAAABxJn1xJ1gHAAAAdmVyc2lvbnEoSwFzWAUAAABsYXllcnEpfXEqaChLAnN1c2JYBQAAAGVwb2NocStLA1gCAAAAbHJxLEc/Gjbi6xxDLVgDAAAAYmlncS2KBgAAAAAAAVgDAAAAbmVncS5K+////1gEAAAAbmVnMnEvSpDu/v9YBQAAAGZsYWdzcTBdcTEoiIlOZVgEAAAAbmFtZXEyWBQAAADDqcOpw6nDqcOpw6nDqcOpw6nDqXEzWAUAAABzaGFwZXE0Y3RvcmNoClNpemUKcTVLAksDhnE2hXE3UnE4WAMAAABpZHNxOX1xOksDaAUoKGgGaAdoCGgJSwZ0cTtRSwUpKYloAilScTx0cT1ScT5zWDYBAABsb25nIG5hbWUgeHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4cT8oSwFLAksDSwR0cUBYBQAAAGVtcHR5cUF9cUJYBAAAAG5vbmVxQyl1Lg==")]
    [InlineData(3,
        "gAN9cQAoWAUAAABtb2RlbHEBY2NvbGxlY3Rpb25zCk9yZGVyZWREaWN0CnECKVJxAyhYDAAAAGxheWVyLndlaWdodHEEY3RvcmNoLl91dGlscwpfcmVidWlsZF90ZW5zb3JfdjIKcQUoKFgHAAAAc3RvcmFnZXEGY3RvcmNoCkZsb2F0U3RvcmFnZQpxB1gBAAAAMHEIWAMAAABjcHVxCUsGdHEKUUsASwJLA4ZxC0sDSwGGcQyJaAIpUnENdHEOUnEPWBAAAABsYXllci50cmFuc3Bvc2VkcRBoBSgoaAZoB2gIaAlLBnRxEVFLAEsDSwKGcRJLAUsDhnETiWgCKVJxFHRxFVJxFlgEAAAAdGllZHEXaA9YBQAAAHBhcmFtcRhjdG9yY2guX3V0aWxzCl9yZWJ1aWxkX3BhcmFtZXRlcgpxGWgFKChoBmgHaAhoCUsGdHEaUUsESwKFcRtLAYVxHIloAilScR10cR5ScR+IaAIpUnEgh3EhUnEidX1xI1gJAAAAX21ldGFkYXRhcSRoAilScSUoWAAAAABxJn1xJ1gHAAAAdmVyc2lvbnEoSwFzWAUAAABsYXllcnEpfXEqaChLAnN1c2JYBQAAAGVwb2NocStLA1gCAAAAbHJxLEc/Gjbi6xxDLVgDAAAAYmlncS2KBgAAAAAAAVgDAAAAbmVncS5K+////1gEAAAAbmVnMnEvSpDu/v9YBQAAAGZsYWdzcTBdcTEoiIlOZVgEAAAAbmFtZXEyWBQAAADDqcOpw6nDqcOpw6nDqcOpw6nDqXEzWAUAAABzaGFwZXE0Y3RvcmNoClNpemUKcTVLAksDhnE2hXE3UnE4WAMAAABpZHNxOX1xOksDaAUoKGgGaAdoCGgJSwZ0cTtRSwUpKYloAilScTx0cT1ScT5zWDYBAABsb25nIG5hbWUgeHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4cT8oSwFLAksDSwR0cUBYBQAAAGVtcHR5cUF9cUJYBAAAAG5vbmVxQyl1Lg==")]
    [InlineData(4,
        "gASViAMAAAAAAAB9lCiMBW1vZGVslIwLY29sbGVjdGlvbnOUjAtPcmRlcmVkRGljdJSTlClSlCiMDGxheWVyLndlaWdodJSMDHRvcmNoLl91dGlsc5SMEl9yZWJ1aWxkX3RlbnNvcl92MpSTlCgojAdzdG9yYWdllIwFdG9yY2iUjAxGbG9hdFN0b3JhZ2WUk5SMATCUjANjcHWUSwZ0lFFLAEsCSwOGlEsDSwGGlIloBClSlHSUUpSMEGxheWVyLnRyYW5zcG9zZWSUaAkoKGgKaA1oDmgPSwZ0lFFLAEsDSwKGlEsBSwOGlIloBClSlHSUUpSMBHRpZWSUaBWMBXBhcmFtlGgHjBJfcmVidWlsZF9wYXJhbWV0ZXKUk5RoCSgoaApoDWgOaA9LBnSUUUsESwKFlEsBhZSJaAQpUpR0lFKUiGgEKVKUh5RSlHV9lIwJX21ldGFkYXRhlGgEKVKUKIwAlH2UjAd2ZXJzaW9ulEsBc4wFbGF5ZXKUfZRoL0sCc3VzYowFZXBvY2iUSwOMAmxylEc/Gjbi6xxDLYwDYmlnlIoGAAAAAAABjANuZWeUSvv///+MBG5lZzKUSpDu/v+MBWZsYWdzlF2UKIiJTmWMBG5hbWWUjBTDqcOpw6nDqcOpw6nDqcOpw6nDqZSMBXNoYXBllGgLjARTaXpllJOUSwJLA4aUhZRSlIwDaWRzlH2USwNoCSgoaApoDWgOaA9LBnSUUUsFKSmJaAQpUpR0lFKUc1g2AQAAbG9uZyBuYW1lIHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eJQoSwFLAksDSwR0lIwFZW1wdHmUfZSMBG5vbmWUKXUu")]
    [InlineData(5,
        "gAWViAMAAAAAAAB9lCiMBW1vZGVslIwLY29sbGVjdGlvbnOUjAtPcmRlcmVkRGljdJSTlClSlCiMDGxheWVyLndlaWdodJSMDHRvcmNoLl91dGlsc5SMEl9yZWJ1aWxkX3RlbnNvcl92MpSTlCgojAdzdG9yYWdllIwFdG9yY2iUjAxGbG9hdFN0b3JhZ2WUk5SMATCUjANjcHWUSwZ0lFFLAEsCSwOGlEsDSwGGlIloBClSlHSUUpSMEGxheWVyLnRyYW5zcG9zZWSUaAkoKGgKaA1oDmgPSwZ0lFFLAEsDSwKGlEsBSwOGlIloBClSlHSUUpSMBHRpZWSUaBWMBXBhcmFtlGgHjBJfcmVidWlsZF9wYXJhbWV0ZXKUk5RoCSgoaApoDWgOaA9LBnSUUUsESwKFlEsBhZSJaAQpUpR0lFKUiGgEKVKUh5RSlHV9lIwJX21ldGFkYXRhlGgEKVKUKIwAlH2UjAd2ZXJzaW9ulEsBc4wFbGF5ZXKUfZRoL0sCc3VzYowFZXBvY2iUSwOMAmxylEc/Gjbi6xxDLYwDYmlnlIoGAAAAAAABjANuZWeUSvv///+MBG5lZzKUSpDu/v+MBWZsYWdzlF2UKIiJTmWMBG5hbWWUjBTDqcOpw6nDqcOpw6nDqcOpw6nDqZSMBXNoYXBllGgLjARTaXpllJOUSwJLA4aUhZRSlIwDaWRzlH2USwNoCSgoaApoDWgOaA9LBnSUUUsFKSmJaAQpUpR0lFKUc1g2AQAAbG9uZyBuYW1lIHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eJQoSwFLAksDSwR0lIwFZW1wdHmUfZSMBG5vbmWUKXUu")]
    public void Pickles_of_CPython_are_read_in_every_protocol(int protocol, string base64)
    {
        using var scope = NewDisposeScope();
        var pickle = Convert.FromBase64String(base64);
        Assert.Equal(protocol, pickle[1]);
        using var source = Open(PickleWriter.Zip(pickle, Six));
        Assert.Equal(["ids.3", "model.layer.transposed", "model.layer.weight", "model.param", "model.tied"], source.Tensors.Keys.Order(StringComparer.Ordinal));
        Assert.Equal([0f, 3, 1, 4, 2, 5], source.Read("model.layer.transposed").data<float>().ToArray());
        Assert.Equal([0f, 1, 2, 3, 4, 5], source.Read("model.tied").data<float>().ToArray());
        Assert.Equal([4f, 5], source.Read("model.param").data<float>().ToArray());
        Assert.Equal(5f, source.Read("ids.3").item<float>());
    }

    [Theory]
    [InlineData("os", "system")]
    [InlineData("builtins", "eval")]
    [InlineData("torch", "load")]
    [InlineData("torch._utils", "_rebuild_sparse_tensor")]
    [InlineData("collections", "defaultdict")]
    [InlineData("torch", "ComplexFloatStorage")]
    public void Every_other_global_is_refused_by_name(string module, string name)
    {
        foreach (var pickle in new[]
        {
            new PickleWriter().Global(module, name).Op('(').Text("echo").Op('t').Op('R').Done(),
            new PickleWriter(4).StackGlobal(module, name).Op('}').Op('b').Done(),
        })
        {
            var message = Assert.Throws<InvalidInputException>(() => Open(PickleWriter.Zip(pickle, Six))).Message;
            Assert.Contains($"asks for {module}.{name}, which is not a tensor", message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(0, new long[] { 7 }, new long[] { 1 })]
    [InlineData(1, new long[] { 6 }, new long[] { 1 })]
    [InlineData(6, new long[] { }, new long[] { })]
    [InlineData(0, new long[] { 2, 2 }, new long[] { 5, 1 })]
    [InlineData(0, new long[] { 1000 }, new long[] { 0 })]
    [InlineData(0, new long[] { -1 }, new long[] { 1 })]
    [InlineData(-1, new long[] { 1 }, new long[] { 1 })]
    [InlineData(0, new long[] { 2 }, new long[] { -1 })]
    [InlineData(0, new long[] { 2, 3 }, new long[] { 1 })]
    [InlineData(long.MaxValue, new long[] { 2 }, new long[] { 1 })]
    [InlineData(0, new[] { long.MaxValue, long.MaxValue, long.MaxValue }, new[] { long.MaxValue, long.MaxValue, long.MaxValue })]
    [InlineData(0, new[] { 0, long.MaxValue, long.MaxValue }, new long[] { 1, 1, 1 })]
    public void A_tensor_that_leaves_its_storage_is_an_error(long offset, long[] shape, long[] strides) =>
        Assert.Contains("data.pkl, byte", Assert.Throws<InvalidInputException>(() => Open(PickleWriter.Zip(Single(6, offset, shape, strides), Six))).Message,
            StringComparison.Ordinal);

    [Fact]
    public void Storages_that_are_missing_short_compressed_or_big_endian_are_errors()
    {
        var good = Single(6, 0, [6], [1]);
        Fails("no archive/data/0", PickleWriter.Zip(good, new Dictionary<string, byte[]>()));
        Fails("the pickle says 28", PickleWriter.Zip(Single(7, 0, [6], [1]), Six));
        Fails("elements are too many", PickleWriter.Zip(Single(long.MaxValue, 0, [6], [1]), Six));
        Fails("byte order", PickleWriter.Zip(good, Six, byteOrder: "big"));
        Fails("compressed", PickleWriter.Zip(good, new Dictionary<string, byte[]> { ["0"] = new byte[24] }, compressed: true));
        Fails("one folder with data.pkl", PickleWriter.Zip(good, Six, root: "a/b"));
        Fails("whole torch zip file", PickleWriter.Zip(good, Six)[..^30]);
        Fails("PyTorch 1.6", [0x80, 2, 0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, (byte)'.', 0x80, 2]);
    }

    [Fact]
    public void A_pickle_that_asks_for_memory_depth_or_itself_is_an_error()
    {
        Fails("MB of objects", PickleWriter.Zip([0x80, 2, .. Enumerable.Repeat((byte)'}', 2_000_000), (byte)'.'], Six));
        Fails("MB of objects", PickleWriter.Zip([0x80, 2, .. Enumerable.Repeat((byte)'(', 4_000_000), (byte)'.'], Six));
        Fails("levels", PickleWriter.Zip(new PickleWriter().Op('}').Op((byte)'q', 0).Text("self").Op((byte)'h', 0).Op('s').Done(), Six));
        Fails("two tensors", PickleWriter.Zip(new PickleWriter().Op('}').Op('(').Text("a.b").Tensor("FloatStorage", "0", 6, 0, [1], [1])
            .Text("a").Op('}').Text("b").Tensor("FloatStorage", "0", 6, 0, [1], [1]).Op('s').Op('u').Done(), Six));
        Fails("no named tensors", PickleWriter.Zip(new PickleWriter().Op('}').Done(), Six));
        Fails("the stack is empty", PickleWriter.Zip([0x80, 2, (byte)'.'], Six));
        Fails("opcode 0x69", PickleWriter.Zip([0x80, 2, (byte)'i', (byte)'o', (byte)'s', 10], Six)); // INST, which calls by name
        Fails("protocol 9", PickleWriter.Zip([0x80, 9, (byte)'.'], Six));

        // A dictionary of ten references to a dictionary of ten references, and so on.
        var laughs = new PickleWriter().Op('}').Op((byte)'q', 0).Op('0');
        for (byte level = 1; level <= 12; level++)
        {
            laughs.Op('}').Op((byte)'q', level).Op('(');
            for (var i = 0; i < 10; i++)
            {
                laughs.Text($"{i}").Op((byte)'h', (byte)(level - 1));
            }

            laughs.Op('u');
        }

        Fails("characters", PickleWriter.Zip(laughs.Done(), Six));
    }

    private static byte[] Single(long count, long offset, long[] shape, long[] strides) =>
        new PickleWriter().Op('}').Text("a").Tensor("FloatStorage", "0", count, offset, shape, strides).Op('s').Done();

    private ITensorSource Open(byte[] file)
    {
        var path = Path.Combine(_folder, "model.bin");
        File.WriteAllBytes(path, file);
        return TensorSources.Open(path);
    }

    private void Fails(string expected, byte[] file)
    {
        var error = Assert.Throws<InvalidInputException>(() => Open(file));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }
}
