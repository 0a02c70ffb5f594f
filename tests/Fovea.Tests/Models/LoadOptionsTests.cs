using Fovea.Models.Batching;
using Fovea.Models.Checkpoints;
using Fovea.Models.Initialisation;
using Fovea.Torch;
using Xunit;
using static Fovea.Tests.Models.TestModels;
using static TorchSharp.torch;

namespace Fovea.Tests.Models;

/// <summary>The same model in the types and the memory that loading offers.</summary>
public sealed class LoadOptionsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("fovea-options-").FullName;

    public LoadOptionsTests() => TorchRuntime.Start(1);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("tiny-llava")]
    [InlineData("tiny-solo")]
    [InlineData("small-llava")]
    public void Bfloat16_is_kept_as_stored_and_predicts_nearly_the_same(string preset)
    {
        using var scope = NewDisposeScope();
        using var start = ModelPresets.Create(preset, Vocabulary, 5, preset == "small-llava" ? Wide : null);
        ModelFolder.Save(start, _folder);
        using (var half = ModelFolder.Load(_folder, new LoadOptions { Type = DType.BF16 }))
        {
            ModelFolder.Save(half, _folder);
        }

        using var source = TensorSources.Open(_folder);
        Assert.All(source.Tensors.Values, t => Assert.Equal(ScalarType.BFloat16, t.Type));
        Assert.Contains("\"torch_dtype\": \"bfloat16\"", File.ReadAllText(Path.Combine(_folder, "config.json")), StringComparison.Ordinal);
        using var wide = ModelFolder.Load(_folder);
        using var stored = ModelFolder.Load(_folder, new LoadOptions { Type = DType.Auto });
        using var mapped = ModelFolder.Load(_folder, new LoadOptions { Type = DType.Auto, Mapped = true });
        using var batch = Collator.Collate(wide, [Make(wide, 8, 1), Make(wide, 5, 2)]);
        var expected = wide.Logits(batch);
        var logits = stored.Logits(batch);
        Assert.Equal(ScalarType.Float32, logits.dtype);

        // bfloat16 keeps 8 bits: products are off by up to 2^-8 of their size.
        Assert.InRange((logits - expected).abs().max().item<float>(), 0, 0.05f * expected.abs().max().item<float>());
        Assert.Equal(Golden.Floats(logits), Golden.Floats(mapped.Logits(batch)));
        Assert.All(stored.Parameters.All, p => Assert.Equal(ScalarType.BFloat16, p.Value.dtype));
    }

    [Theory]
    [InlineData(ScalarType.Float16)] // as LLaVA-1.5 is published
    [InlineData(ScalarType.BFloat16)]
    public void A_type_of_the_file_is_kept_and_written_again(ScalarType type)
    {
        using var scope = NewDisposeScope();
        using var start = ModelPresets.Create("tiny-llava", Vocabulary, 5);
        ModelFolder.Save(start, _folder);
        SafetensorsFile.Write(Path.Combine(_folder, "model.safetensors"), start.Parameters.All.Select(p => KeyValuePair.Create(p.Key, p.Value.to(type))));
        using var wide = ModelFolder.Load(_folder);
        using var stored = ModelFolder.Load(_folder, new LoadOptions { Type = DType.Auto, Mapped = true });
        using var batch = Collator.Collate(wide, [Make(wide, 8, 1)]);
        var expected = wide.Logits(batch);
        Assert.InRange((stored.Logits(batch) - expected).abs().max().item<float>(), 0, 0.05f * expected.abs().max().item<float>());
        var copy = Path.Combine(_folder, "copy");
        ModelFolder.Save(stored, copy);
        using var written = TensorSources.Open(copy);
        foreach (var (name, info) in written.Tensors)
        {
            Assert.Equal(type, info.Type);
            Assert.True(written.Read(name).eq(stored.Parameters[name]).all().item<bool>(), name);
        }
    }

    [Fact]
    public void Positions_go_on_beyond_the_length_a_model_was_made_for()
    {
        using var scope = NewDisposeScope();
        using var start = ModelPresets.Create("tiny-text-2", Vocabulary, 5, Loud with { MaxPositions = 16 });
        ModelFolder.Save(start, _folder);
        var file = Path.Combine(_folder, "config.json");
        File.WriteAllText(file, File.ReadAllText(file).Replace("\"max_position_embeddings\": 16", "\"max_position_embeddings\": 512",
            StringComparison.Ordinal));
        using var longer = ModelFolder.Load(_folder);
        Assert.Equal(512, longer.MaxLength);
        using var batch = Collator.Collate(start, [Make(start, 100, 3, withImage: false)]);
        Assert.Equal(Golden.Floats(longer.Logits(batch)), Golden.Floats(start.Logits(batch)));
    }
}
