using System.Security.Cryptography;
using Fovea.Models.Checkpoints;
using Fovea.Tests.Training;
using Fovea.Torch;
using FsCheck;
using FsCheck.Xunit;
using Xunit;
using static TorchSharp.torch;

namespace Fovea.Tests.Foundations;

/// <summary>Whatever the size of its pieces, a tensor is read, written and hashed as one whole.</summary>
public sealed class TensorBytesTests
{
    private static readonly ScalarType[] Types =
    [
        ScalarType.Float64, ScalarType.Float32, ScalarType.Float16, ScalarType.BFloat16, ScalarType.Int64, ScalarType.Int32, ScalarType.Int16, ScalarType.Int8,
            ScalarType.Byte, ScalarType.Bool,
    ];

    public TensorBytesTests() => TorchRuntime.Start(1);

    [Property(MaxTest = 200)]
    public void A_hash_in_pieces_is_that_of_all_bytes(byte rows, byte columns, byte skipped, byte kind, PositiveInt pieceBytes)
    {
        using var scope = NewDisposeScope();
        var whole = Random(Types[kind % Types.Length], rows, (columns % 40) + 1);
        var part = whole.narrow(0, Math.Min(skipped, rows), rows - Math.Min(skipped, rows)); // begins anywhere in its memory
        foreach (var tensor in new[] { part, part.t() })
        {
            var bytes = tensor.contiguous().clone().bytes.ToArray();
            var read = new List<byte>();
            TensorBytes.Read(tensor, piece =>
            {
                Assert.InRange(piece.Length, 1, pieceBytes.Get);
                read.AddRange(piece);
            }, pieceBytes.Get);
            Assert.Equal(bytes, read);
            Assert.Equal(bytes.Length, TensorBytes.Count(tensor));
            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(bytes)), TensorBytes.Sha256(tensor, pieceBytes.Get));
        }
    }

    [Property(MaxTest = 100)]
    public void A_tensor_filled_in_pieces_is_the_one_that_is_filled_at_once(byte rows, byte columns, PositiveInt pieceBytes)
    {
        using var scope = NewDisposeScope();
        var expected = Random(ScalarType.BFloat16, rows, columns);
        var bytes = expected.bytes.ToArray();
        var found = empty_like(expected);
        TensorBytes.Fill(found, (piece, at) => bytes.AsSpan((int)at, piece.Length).CopyTo(piece), pieceBytes.Get);
        Assert.Equal(bytes, found.bytes.ToArray());
        var next = 0;
        var counted = TensorBytes.Generate([rows, columns], () => next++, pieceBytes.Get);
        Assert.Equal(Enumerable.Range(0, rows * columns).Select(i => (float)i), TensorBytes.ToArray<float>(counted));
    }

    [Fact]
    public void Elements_are_those_of_their_places_and_never_others()
    {
        using var scope = NewDisposeScope();
        var tensor = arange(12, dtype: ScalarType.Float32).view(3, 4);
        Assert.Equal([5f, 6f, 7f], TensorBytes.Elements<float>(tensor, 5, 3).ToArray());
        TensorBytes.Elements<float>(tensor, 11, 1)[0] = -1;
        Assert.Equal(-1, tensor[2, 3].item<float>());
        Assert.True(TensorBytes.Elements<float>(tensor, 12, 0).IsEmpty);
        Assert.Throws<ArgumentOutOfRangeException>(() => TensorBytes.Elements<float>(tensor, 10, 3).ToArray());
        Assert.Throws<ArgumentOutOfRangeException>(() => TensorBytes.Elements<float>(tensor, -1, 1).ToArray());
        Assert.Throws<ArgumentException>(() => TensorBytes.Elements<double>(tensor, 0, 1).ToArray());
        Assert.Throws<ArgumentException>(() => TensorBytes.Fill(tensor.t(), (_, _) => { }));
        Assert.Equal([0f, 4f, 8f], TensorBytes.ToArray<float>(tensor.t()[0]));
        Assert.Equal(0, TensorBytes.Address(empty(0, 5)));
    }

    [Fact]
    public void Hashes_of_tensors_with_gradients_are_those_of_their_values()
    {
        using var scope = NewDisposeScope();
        var tensor = ones(3, 5).requires_grad_(true);
        Assert.Equal(TensorBytes.Sha256(ones(15)), TensorBytes.Sha256(tensor, 7));
        Assert.Equal(TensorBytes.Sha256(zeros(0)), TensorBytes.Sha256(zeros(4, 0)));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Tensors_of_every_type_and_odd_size_come_back_from_a_file(ScalarType type)
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        var path = Path.Combine(folder.Path, "x.safetensors");
        KeyValuePair<string, Tensor>[] tensors = [new("odd", Random(type, 7, 13)), new("none", Random(type, 0, 3)), new("one", Random(type, 1, 1)),
            new("turned", Random(type, 5, 3).t())];
        SafetensorsFile.Write(path, tensors);
        using var file = SafetensorsFile.Open(path);
        foreach (var (name, tensor) in tensors)
        {
            var read = file.Read(name);
            Assert.Equal((tensor.dtype, string.Join(',', tensor.shape)), (read.dtype, string.Join(',', read.shape)));
            Assert.Equal(TensorBytes.Sha256(tensor), TensorBytes.Sha256(read, 3));
        }
    }

    public static TheoryData<ScalarType> Kinds => [.. Types];

    private static Tensor Random(ScalarType type, long rows, long columns) =>
        randint(0, 100, [rows, columns], dtype: ScalarType.Int64, generator: new Generator(3)).to(type);
}
