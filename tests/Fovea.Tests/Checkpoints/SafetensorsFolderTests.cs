using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Json;
using Fovea.Core.Errors;
using Fovea.Core.Randomness;
using Fovea.Models.Checkpoints;
using Fovea.Torch;
using FsCheck;
using FsCheck.Xunit;
using Xunit;
using static TorchSharp.torch;

namespace Fovea.Tests.Checkpoints;

public sealed class SafetensorsFolderTests : IDisposable
{
    private static readonly ScalarType[] Types =
        [ScalarType.Float32, ScalarType.Float16, ScalarType.BFloat16, ScalarType.Float64, ScalarType.Int64, ScalarType.Int32, ScalarType.Int16, ScalarType.Int8,
            ScalarType.Byte, ScalarType.Bool];

    private static readonly string[] FixtureFolders = ["models", "training"];

    private readonly string _folder = Directory.CreateTempSubdirectory("fovea-shards-").FullName;

    public SafetensorsFolderTests() => TorchRuntime.Start(1);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Property(MaxTest = 40)]
    public void Whatever_is_written_is_read_back_bit_by_bit(int seed, PositiveInt shardBytes)
    {
        using var scope = NewDisposeScope();
        var tensors = Draw(seed);
        var dir = Path.Combine(_folder, "any");
        SafetensorsFolder.Write(dir, tensors.Select(t => SavedTensor.Of(t.Key, t.Value)), shardBytes.Get * 8);
        using var source = TensorSources.Open(dir);
        AssertSame(tensors, source);
        Assert.Equal(TensorSources.Files(dir).Order(), Directory.EnumerateFiles(dir, "*.safetensors").Order());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(200)]
    [InlineData(1 << 20)]
    public void Tensors_begin_on_64_bytes_or_on_the_power_of_two_in_their_length_without_gaps(long shardBytes)
    {
        using var scope = NewDisposeScope();
        SafetensorsFolder.Write(_folder, Draw(3).Select(t => SavedTensor.Of(t.Key, t.Value)), shardBytes);
        foreach (var file in TensorSources.Files(_folder))
        {
            using var shard = SafetensorsFile.Open(file); // which refuses gaps
            Assert.All(shard.Entries.Values.Where(e => e.ByteCount > 0), e => Assert.Equal(0, e.Begin % Math.Min(64, e.ByteCount & -e.ByteCount)));
        }
    }

    [Fact]
    public void Shards_and_index_have_the_names_and_sizes_that_Transformers_gives_them()
    {
        using var scope = NewDisposeScope();
        var tensors = Enumerable.Range(0, 5).Select(i => SavedTensor.Of($"layer.{i}", full(16, i, ScalarType.Float32))).ToList();
        SafetensorsFolder.Write(_folder, tensors, maxShardBytes: 128);
        string[] names = ["model-00001-of-00003.safetensors", "model-00002-of-00003.safetensors", "model-00003-of-00003.safetensors",
            "model.safetensors.index.json"];
        Assert.Equal(names, Files());
        var index = JsonDocument.Parse(File.ReadAllText(Path.Combine(_folder, names[3]))).RootElement;
        Assert.Equal(5 * 64, index.GetProperty("metadata").GetProperty("total_size").GetInt64());
        Assert.Equal([names[0], names[0], names[1], names[1], names[2]],
            Enumerable.Range(0, 5).Select(i => index.GetProperty("weight_map").GetProperty($"layer.{i}").GetString()));
        using var shard = SafetensorsFile.Open(Path.Combine(_folder, names[0]));
        Assert.Equal("pt", shard.Metadata["format"]);
    }

    [Fact]
    public void A_later_save_leaves_nothing_of_an_earlier_one_and_all_files_of_others()
    {
        using var scope = NewDisposeScope();
        File.WriteAllText(Path.Combine(_folder, "config.json"), "{}");
        File.WriteAllText(Path.Combine(_folder, "model-notes.safetensors.txt"), "");
        File.WriteAllText(Path.Combine(_folder, "adapter_model.safetensors"), "");
        foreach (var (count, shardBytes) in new[] { (4, 64L), (4, 64L), (2, 64L), (1, 64L), (3, 64L), (3, 1000L) })
        {
            var tensors = Enumerable.Range(0, count).ToDictionary(i => $"t{i}", i => full(16, i + (10 * count) + shardBytes, ScalarType.Float32));
            SafetensorsFolder.Write(_folder, tensors.Select(t => SavedTensor.Of(t.Key, t.Value)), shardBytes);
            using var source = TensorSources.Open(_folder);
            AssertSame(tensors, source);
            var expected = count * 64 > shardBytes ? count + 1 : 1;
            Assert.Equal(expected + 3, Files().Count);
        }
    }

    [Fact]
    public void A_save_that_fails_leaves_the_earlier_one_or_no_folder()
    {
        using var scope = NewDisposeScope();
        var good = new Dictionary<string, Tensor> { ["a"] = ones(16), ["b"] = ones(16) };
        IEnumerable<SavedTensor> bad = [SavedTensor.Of("a", zeros(16)), new SavedTensor("b", ScalarType.Float32, [16], () => throw new IOException("no more"))];
        var fresh = Path.Combine(_folder, "fresh");
        Assert.Throws<IOException>(() => SafetensorsFolder.Write(fresh, bad, maxShardBytes: 64));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder));

        SafetensorsFolder.Write(fresh, good.Select(t => SavedTensor.Of(t.Key, t.Value)), maxShardBytes: 64);
        Assert.Throws<IOException>(() => SafetensorsFolder.Write(fresh, bad, maxShardBytes: 64));
        using var source = TensorSources.Open(fresh);
        AssertSame(good, source);
        Assert.Equal(3, Directory.EnumerateFileSystemEntries(fresh).Count());

        Assert.Contains("two tensors", Assert.Throws<FoveaException>(
            () => SafetensorsFolder.Write(fresh, [SavedTensor.Of("a", ones(1)), SavedTensor.Of("a", ones(1))])).Message, StringComparison.Ordinal);
        Assert.Contains("expected Float32 [3]", Assert.Throws<FoveaException>(
            () => SafetensorsFolder.Write(fresh, [new SavedTensor("a", ScalarType.Float32, [3], () => ones(2))])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Types_are_converted_while_writing_and_a_checkpoint_can_be_written_over_itself()
    {
        using var scope = NewDisposeScope();
        var values = linspace(-3, 3, 48).view(3, 16);
        SafetensorsFolder.Write(_folder, [SavedTensor.Of("a", values, ScalarType.BFloat16)]);
        using (var source = TensorSources.Open(_folder))
        {
            Assert.Equal(ScalarType.BFloat16, source.Tensors["a"].Type);
            SafetensorsFolder.Write(_folder, SavedTensor.From(source));
        }

        using var again = TensorSources.Open(_folder);
        Assert.Equal(values.to(ScalarType.BFloat16).bytes.ToArray(), again.Read("a").bytes.ToArray());
    }

    public static TheoryData<string> Fixtures
    {
        get
        {
            var root = TestData.TryFind("fixtures");
            return root is null ? ["none"] : [.. FixtureFolders.SelectMany(
                d => Directory.EnumerateFiles(Path.Combine(root, d), "*.safetensors", SearchOption.AllDirectories)).Select(f => Path.GetRelativePath(root, f))];
        }
    }

    [Theory]
    [MemberData(nameof(Fixtures))]
    public void A_fixture_saved_by_us_has_its_names_shapes_types_and_bits(string relative)
    {
        using var scope = NewDisposeScope();
        using var original = SafetensorsFile.Open(TestData.Find("fixtures/" + relative));
        SafetensorsFolder.Write(_folder, SavedTensor.From(original), maxShardBytes: 50_000, metadata: original.Metadata);
        using var ours = TensorSources.Open(_folder);
        AssertSame(original.ReadAll(), ours);
    }

    [Fact]
    public void Mapped_tensors_are_aligned_equal_the_copies_and_never_reach_the_file()
    {
        using var scope = NewDisposeScope();
        var path = Path.Combine(_folder, "mapped ü.safetensors");
        SafetensorsFile.Write(path,
            new Dictionary<string, Tensor> { ["aligned"] = arange(32, ScalarType.Float32), ["half"] = ones(32).to(ScalarType.BFloat16), ["odd"] = ones(3), ["odder"] = ones(5) });
        var before = File.ReadAllBytes(path);
        var source = SafetensorsFile.Open(path);
        var mapped = source.Tensors.Keys.ToDictionary(n => n, n => source.Read(n, copy: false));
        Assert.All(mapped, t => Assert.Equal(source.Read(t.Key).bytes.ToArray(), t.Value.bytes.ToArray()));
        Assert.All(mapped.Values, t => Assert.Equal(0, Address(t) % 64));
        if (OperatingSystem.IsLinux())
        {
            // odd comes after both and is aligned by chance; odder comes after it, is not, and is copied.
            Assert.Equal(["aligned", "half", "odd"], mapped.Where(t => LiesIn(Address(t.Value), "mapped ü.safetensors")).Select(t => t.Key)
                .Order(StringComparer.Ordinal));
        }

        source.Dispose();

        Assert.Equal(31, mapped["aligned"][31].item<float>()); // the mapping outlives its source
        mapped["aligned"].fill_(7);
        mapped["half"].fill_(7);
        Assert.Equal(7, mapped["aligned"][31].item<float>());
        Assert.Equal(before, File.ReadAllBytes(path));
    }

    [Fact]
    public void A_misaligned_tensor_is_copied_and_a_file_changed_meanwhile_is_an_error()
    {
        using var scope = NewDisposeScope();
        var path = Path.Combine(_folder, "raw.safetensors");
        var header = """{"a":{"dtype":"F32","shape":[16],"data_offsets":[0,64]}}"""u8.ToArray(); // data from byte 64 + 1 on
        File.WriteAllBytes(path, [57, 0, 0, 0, 0, 0, 0, 0, .. header, .. new byte[57 - header.Length].Select(_ => (byte)' '),
            .. PickleWriter.Floats([.. Enumerable.Range(0, 16).Select(i => (float)i)])]);
        using (var source = SafetensorsFile.Open(path))
        {
            Assert.Equal(1, source.Entries["a"].Begin % 64);
            var read = source.Read("a", copy: false);
            Assert.Equal(0, Address(read) % 64);
            Assert.Equal(15, read[15].item<float>());
        }

        SafetensorsFile.Write(path, new Dictionary<string, Tensor> { ["a"] = ones(16) });
        using var old = SafetensorsFile.Open(path);
        SafetensorsFile.Write(path, new Dictionary<string, Tensor> { ["b"] = zeros(16) });
        Assert.Equal(1, old.Read("a")[0].item<float>());
        Assert.Contains("has changed", Assert.Throws<InvalidInputException>(() => old.Read("a", copy: false)).Message, StringComparison.Ordinal);
    }

    /// <summary>Native memory does not move, so that the distance from nowhere is its address.</summary>
    private static long Address(Tensor tensor) => Unsafe.ByteOffset(ref Unsafe.NullRef<byte>(), ref MemoryMarshal.GetReference(tensor.bytes));

    /// <summary>Whether the kernel knows an address as part of a mapped file.</summary>
    private static bool LiesIn(long address, string file) =>
        File.ReadLines("/proc/self/maps").Where(l => l.EndsWith(file, StringComparison.Ordinal)).Select(l => l.Split('-', ' '))
        .Any(l => address >= Convert.ToInt64(l[0], 16) && address < Convert.ToInt64(l[1], 16));

    private static void AssertSame(Dictionary<string, Tensor> expected, ITensorSource source)
    {
        Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), source.Tensors.Keys.Order(StringComparer.Ordinal));
        foreach (var (name, tensor) in expected)
        {
            Assert.Equal((tensor.dtype, string.Join(",", tensor.shape)), (source.Tensors[name].Type, string.Join(",", source.Tensors[name].Shape)));
            Assert.Equal(tensor.contiguous().bytes.ToArray(), source.Read(name, copy: true).bytes.ToArray());
            Assert.Equal(tensor.contiguous().bytes.ToArray(), source.Read(name, copy: false).bytes.ToArray());
        }
    }

    private static Dictionary<string, Tensor> Draw(int seed)
    {
        var random = new RandomSource(seed, "test/safetensors");
        var tensors = new Dictionary<string, Tensor>();
        for (var i = 1 + random.Next(12); i > 0; i--)
        {
            var shape = Enumerable.Range(0, random.Next(4)).Select(_ => (long)random.Next(9)).ToArray();
            var values = tensor(Enumerable.Range(0, (int)shape.Aggregate(1L, (p, d) => p * d)).Select(_ => (float)(random.NextGaussian() * 30))
                .ToArray()).view(shape);
            tensors.Add($"t {i} \"é", random.Chance(0.2) && shape.Length == 2 ? values.t() : values.to(Types[random.Next(Types.Length)]));
        }

        return tensors;
    }

    private List<string> Files() => [.. Directory.EnumerateFileSystemEntries(_folder).Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)];
}
