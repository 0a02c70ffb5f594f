using System.Text;
using Fovea.Core.Errors;
using Fovea.Models.Checkpoints;
using Fovea.Torch;
using FsCheck.Xunit;
using Xunit;
using static TorchSharp.torch;

namespace Fovea.Tests.Models;

public sealed class SafetensorsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("fovea-safetensors-").FullName;

    public SafetensorsTests() => TorchRuntime.Start(1);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}""", 12, "overlap")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}""", 12, "gap")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 8, "accounts for")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}""", 8, "within 8 bytes")]
    [InlineData("""{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}""", 8, "need 12")]
    [InlineData("""{"a":{"dtype":"F32","shape":[9223372036854775807,9223372036854775807,9223372036854775807],"data_offsets":[0,8]}}""", 8, "need")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}""", 0, "need")]
    [InlineData("""{"a":{"dtype":"F32","shape":[0,4611686018427387904,4],"data_offsets":[0,0]}}""", 0, "need")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"\ud800":3}""", 4, "JSON")]
    [InlineData("""{"__metadata__":{"a":"\udc00"}}""", 0, "JSON")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}""", 8, "natural")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2.5],"data_offsets":[0,8]}}""", 8, "natural")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}""", 8, "ascending")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8,9]}}""", 8, "two offsets")]
    [InlineData("""{"a":{"dtype":"Q4","shape":[2],"data_offsets":[0,8]}}""", 8, "not supported")]
    [InlineData("""{"a":{"shape":[2],"data_offsets":[0,8]}}""", 8, "expected an object")]
    [InlineData("""{"a":3}""", 0, "expected an object")]
    [InlineData("""{"__metadata__":{"format":3}}""", 0, "__metadata__")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}""", 2, "JSON")]
    [InlineData("""{"a":[[[[[[[[[[[[]]]]]]]]]]]]}""", 0, "JSON")]
    [InlineData("""{"a":{"dtype":"F32" """, 0, "JSON")]
    [InlineData("""[1]""", 0, "'{'")]
    public void A_hostile_header_is_one_clear_error(string header, int dataBytes, string expected)
    {
        var json = Encoding.UTF8.GetBytes(header);
        var error = Assert.Throws<InvalidInputException>(() => SafetensorsFile.Open(WriteRaw((ulong)json.Length, json, dataBytes)));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Theory]
    [InlineData(ulong.MaxValue)]
    [InlineData(1UL << 63)]
    [InlineData(100_000_001UL)]
    [InlineData(11UL)]
    public void A_header_longer_than_its_file_is_not_allocated(ulong length)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var error = Assert.Throws<InvalidInputException>(() => SafetensorsFile.Open(WriteRaw(length, "{}"u8.ToArray(), 8)));
        Assert.Contains("header of", error.Message, StringComparison.Ordinal);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1 << 20);
    }

    [Fact]
    public void An_empty_missing_or_cut_file_is_one_clear_error()
    {
        var empty = Path.Combine(_folder, "empty.safetensors");
        File.WriteAllBytes(empty, []);
        Assert.Throws<InvalidInputException>(() => SafetensorsFile.Open(empty));
        Assert.Throws<InvalidInputException>(() => SafetensorsFile.Open(Path.Combine(_folder, "none.safetensors")));
        Assert.Throws<InvalidInputException>(() => SafetensorsFile.Open(_folder));
    }

    [Property(MaxTest = 200)]
    public void Random_bytes_never_do_more_than_fail_clearly(byte[] bytes, byte length)
    {
        var path = Path.Combine(_folder, "random.safetensors");
        File.WriteAllBytes(path, [length, 0, 0, 0, 0, 0, 0, 0, (byte)'{', .. bytes]);
        Assert.Throws<InvalidInputException>(() => SafetensorsFile.Open(path));
    }

    [Fact]
    public void What_is_written_is_read_back_in_every_type()
    {
        using var scope = NewDisposeScope();
        var values = tensor(new float[] { 0, 1, -2.5f, 3, 4, 100 }).view(2, 3);
        var tensors = new[]
        {
            ScalarType.Float32, ScalarType.Float64, ScalarType.Float16, ScalarType.BFloat16, ScalarType.Int64,
            ScalarType.Int32, ScalarType.Int16, ScalarType.Int8, ScalarType.Byte, ScalarType.Bool,
        }.ToDictionary(t => $"tensor \"{t}\"", t => (t == ScalarType.Byte ? values.abs() : values).to(t));
        tensors["scalar"] = tensor(7f);
        tensors["none"] = zeros(0, 5);
        tensors["strided"] = values.t();
        var path = Path.Combine(_folder, "all.safetensors");
        SafetensorsFile.Write(path, tensors, new Dictionary<string, string> { ["format"] = "pt", ["note"] = "ü" });

        var file = SafetensorsFile.Open(path);
        Assert.Equal("ü", file.Metadata["note"]);
        Assert.Equal(tensors.Keys.Order(), file.Entries.Keys.Order());
        Assert.Equal(0, file.Entries.Values.Min(e => e.Begin) % 64);
        foreach (var (name, read) in file.ReadAll())
        {
            Assert.Equal(tensors[name].dtype, read.dtype);
            Assert.Equal(tensors[name].shape, read.shape);
            Assert.Equal(tensors[name].contiguous().bytes.ToArray(), read.bytes.ToArray());
        }

        Assert.Throws<InvalidInputException>(() => file.Read("absent"));
    }

    private string WriteRaw(ulong headerLength, byte[] header, int dataBytes)
    {
        var path = Path.Combine(_folder, "raw.safetensors");
        File.WriteAllBytes(path, [.. BitConverter.GetBytes(headerLength), .. header, .. new byte[dataBytes]]);
        return path;
    }
}
