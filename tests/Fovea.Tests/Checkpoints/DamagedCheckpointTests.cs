using System.Diagnostics;
using System.Globalization;
using Fovea.Core.Errors;
using Fovea.Core.Randomness;
using Fovea.Models.Checkpoints;
using Fovea.Models.Configs;
using Fovea.Models.Initialisation;
using Fovea.Tests.Models;
using Fovea.Torch;
using Xunit;
using static TorchSharp.torch;

namespace Fovea.Tests.Checkpoints;

/// <summary>
/// Damaged headers, pickles, zip files, indices and configurations: each is a clear error or a correct load, in bounded time and memory.
/// FOVEA_DAMAGES sets their number (1,000 by default; tests/long runs 10,000). A failure names its kind and number, which reproduce it.
/// </summary>
public sealed class DamagedCheckpointTests : IDisposable
{
    private const int Kinds = 7;
    private const long AllowedBytes = 64 << 20;
    private static readonly int PerKind = int.Parse(Environment.GetEnvironmentVariable("FOVEA_DAMAGES") ?? "1000", CultureInfo.InvariantCulture) / Kinds + 1;
    private static readonly TimeSpan AllowedTime = TimeSpan.FromSeconds(20);
    private readonly string _folder = Directory.CreateTempSubdirectory("fovea-damage-").FullName;

    public DamagedCheckpointTests() => TorchRuntime.Start(1);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_damaged_safetensors_header_is_an_error_or_a_correct_load()
    {
        var path = Path.Combine(_folder, "model.safetensors");
        WriteSafetensors(path);
        var whole = File.ReadAllBytes(path);
        var length = BitConverter.ToInt32(whole);
        var (header, data) = (whole[8..(8 + length)], whole[(8 + length)..]);
        Damage("safetensors", random =>
        {
            var json = Mutation.OfJson(header, random);
            byte[] file = [.. BitConverter.GetBytes((long)json.Length), .. json, .. data];
            File.WriteAllBytes(path, random.Chance(0.7) ? file : Mutation.OfBytes(whole, random));
        }, () => ReadAll(path), least: 0.05);
    }

    [Fact]
    public void A_damaged_pickle_is_an_error_or_a_correct_load()
    {
        var path = Path.Combine(_folder, "model.bin");
        var storages =
            new Dictionary<string, byte[]> { ["0"] = [.. Enumerable.Range(0, 96).Select(i => (byte)(i * 7))], ["1"] = [.. Enumerable.Range(0, 64).Select(i => (byte)(i * 3))] };
        byte[][] pickles = [Pickle(2), Pickle(4)];
        foreach (var pickle in pickles)
        {
            File.WriteAllBytes(path, PickleWriter.Zip(pickle, storages));
            ReadAll(path);
        }

        Damage("pickle", random => File.WriteAllBytes(path, PickleWriter.Zip(Mutation.OfBytes(pickles[random.Next(2)], random), storages)),
            () => ReadAll(path), least: 0.01);
    }

    [Fact]
    public void A_damaged_zip_file_is_an_error_or_a_correct_load()
    {
        var path = Path.Combine(_folder, "model.bin");
        var whole = PickleWriter.Zip(Pickle(2),
            new Dictionary<string, byte[]> { ["0"] = [.. Enumerable.Range(0, 96).Select(i => (byte)(i * 7))], ["1"] = [.. Enumerable.Range(0, 64).Select(i => (byte)(i * 3))] });
        Damage("zip", random => File.WriteAllBytes(path, Mutation.OfBytes(whole, random)), () => ReadAll(path), least: 0.01);
    }

    [Fact]
    public void A_damaged_index_is_an_error_or_a_correct_load()
    {
        using (NewDisposeScope())
        {
            SafetensorsFolder.Write(_folder, Enumerable.Range(0, 4).Select(i => SavedTensor.Of($"model.layers.{i}.weight", ones(16))), maxShardBytes: 128);
        }

        var path = Path.Combine(_folder, "model.safetensors.index.json");
        var whole = File.ReadAllBytes(path);
        Damage("index", random => File.WriteAllBytes(path, Mutation.OfJson(whole, random)), () => ReadAll(_folder), least: 0.01);
    }

    [Theory]
    [InlineData("tiny-llava")]
    [InlineData("tiny-solo")]
    public void A_damaged_configuration_is_an_error_or_a_model(string preset)
    {
        using (var model = ModelPresets.Create(preset, TestModels.Vocabulary, 5))
        {
            ModelFolder.Save(model, _folder);
        }

        var path = Path.Combine(_folder, "config.json");
        var whole = File.ReadAllBytes(path);
        Damage(preset, random => File.WriteAllBytes(path, Mutation.OfJson(whole, random)), () => ModelFolder.Load(_folder).Dispose(), least: 0.01);
    }

    public static TheoryData<string> ModelFolders
    {
        get
        {
            var root = TestData.TryFind("fixtures/models");
            return root is null ? ["none"] : [.. Directory.EnumerateFiles(root, "config.json", SearchOption.AllDirectories)
                .Select(f => Path.GetRelativePath(root, Path.GetDirectoryName(f)!))
                .Where(f => !f.EndsWith("/tower", StringComparison.Ordinal) && !f.EndsWith("/llm", StringComparison.Ordinal)
                    && !f.StartsWith("tower", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
        }
    }

    [Theory]
    [MemberData(nameof(ModelFolders))]
    public void A_damaged_configuration_of_any_layout_is_an_error_or_a_model(string folder)
    {
        var source = TestData.Find("fixtures/models/" + folder);
        foreach (var file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories)
            .Where(f => !f.EndsWith("expected.safetensors", StringComparison.Ordinal) && !f.EndsWith("gradients.safetensors", StringComparison.Ordinal)))
        {
            var copy = Path.Combine(_folder, Path.GetRelativePath(source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.WriteAllBytes(copy, File.ReadAllBytes(file));
        }

        var configs = Directory.GetFiles(_folder, "config.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Select(f => (Path: f, Bytes: File.ReadAllBytes(f))).ToList();
        Damage("config/" + folder, random =>
        {
            var damaged = random.Next(configs.Count);
            for (var i = 0; i < configs.Count; i++)
            {
                File.WriteAllBytes(configs[i].Path, i == damaged ? Mutation.OfJson(configs[i].Bytes, random) : configs[i].Bytes);
            }
        }, () => ModelFolder.Load(_folder, new LoadOptions { VisionTokenIds = new VisionTokenIds(5, 6, 7, 8), ImageTokenId = 4 }).Dispose(), least: 0, times: 1
            + (PerKind / ModelFolders.Count));
    }

    /// <summary>Damages and reads, many times.</summary>
    /// <param name="kind">Names the sequence of random draws.</param>
    /// <param name="damage">Writes the damaged file.</param>
    /// <param name="read">Reads it.</param>
    /// <param name="least">Least share of errors, and of loads: a test in which all of them go one way tests one way only.</param>
    /// <param name="times">How often; null for an equal share of all damages.</param>
    private void Damage(string kind, Action<RandomSource> damage, Action read, double least, int? times = null)
    {
        var (errors, count) = (0, times ?? PerKind);
        for (var i = 0; i < count; i++)
        {
            damage(new RandomSource(20, "damage/" + kind, i));
            var size = Directory.EnumerateFiles(_folder, "*", SearchOption.AllDirectories).Sum(f => new FileInfo(f).Length);
            var before = GC.GetAllocatedBytesForCurrentThread();
            var clock = Stopwatch.StartNew();
            try
            {
                using var scope = NewDisposeScope();
                read();
            }
            catch (FoveaException e)
            {
                errors++;
                Assert.False(e.Message.Any(char.IsControl), $"{kind} {i}: {e.Message}");
            }
            catch (Exception e)
            {
                Assert.Fail($"{kind} {i}: {e}");
            }

            Assert.True(clock.Elapsed < AllowedTime, $"{kind} {i}: {clock.Elapsed}");
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(allocated <= size + AllowedBytes, $"{kind} {i}: {allocated} bytes for files of {size}");
        }

        Assert.InRange(errors, least * count, count * (1 - least));
    }

    private static void ReadAll(string path)
    {
        using var source = TensorSources.Open(path);
        foreach (var tensor in source.Tensors.Values)
        {
            using var copied = source.Read(tensor.Name);
            using var mapped = source.Read(tensor.Name, copy: false);
            Assert.Equal((tensor.Type, string.Join(",", tensor.Shape)), (copied.dtype, string.Join(",", copied.shape)));
            Assert.True(copied.numel() * copied.element_size() <= new FileInfo(tensor.File).Length, tensor.Name);
            Assert.True(copied.bytes.SequenceEqual(mapped.contiguous().bytes), tensor.Name);
        }
    }

    private static void WriteSafetensors(string path)
    {
        using var scope = NewDisposeScope();
        SafetensorsFile.Write(path, new Dictionary<string, Tensor>
        {
            ["model.a.weight"] = ones(4, 8),
            ["model.a.bias"] = ones(8).to(ScalarType.BFloat16),
            ["model.b.weight"] = ones(2, 3, 4).to(ScalarType.Float16),
            ["ids"] = arange(7),
            ["mask"] = ones(3).to(ScalarType.Bool),
            ["none"] = zeros(0, 4),
        });
    }

    private static byte[] Pickle(int protocol)
    {
        var pickle = new PickleWriter(protocol).Op('}').Op((byte)'q', 0).Op('(')
            .Text("model").Op('}').Op('(')
            .Text("a.weight").Tensor("FloatStorage", "0", 24, 0, [4, 6], [6, 1])
            .Text("a.transposed").Tensor("FloatStorage", "0", 24, 0, [6, 4], [1, 6]).Op((byte)'q', 1)
            .Text("tied").Op((byte)'h', 1)
            .Text("b.bias").Tensor("BFloat16Storage", "1", 32, 8, [8], [1])
            .Op('u')
            .Text("epoch").Integer(3).Text("lists").Op(']').Op('(').Integer(1).Op('N').Op(0x88).Op('e').Op('u');
        return pickle.Done();
    }
}
