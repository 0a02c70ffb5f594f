using Fovea.Core.Errors;
using Fovea.Core.Watching;
using Fovea.Models.Adapters;
using Fovea.Models.Checkpoints;
using Fovea.Models.Families;
using Fovea.Torch;
using Fovea.Training.Examples;
using Fovea.Training.Options;
using Fovea.Training.Running;
using TorchSharp;
using Xunit;

namespace Fovea.Tests.Training;

public sealed class LoraTrainingTests
{
    private static readonly TrainingOptions Options = Small.Options with { CheckpointEvery = 5, GradientCheckpointing = true, CacheFeatures = true };

    public LoraTrainingTests() => TorchRuntime.Start(1);

    [Fact]
    public void A_killed_run_resumes_to_the_same_adapter_and_the_same_merged_model()
    {
        using TemporaryFolder whole = new(), parts = new();
        Train(whole);
        Assert.Throws<InvalidOperationException>(() => Train(parts, new Watcher((done, _) =>
        {
            if (done == 13)
            {
                throw new InvalidOperationException("killed");
            }
        })));
        Assert.Equal(10, Train(parts).ResumedFrom);
        foreach (var file in new[] { "adapter/adapter_model.safetensors", "model/model.safetensors" })
        {
            Assert.Equal(File.ReadAllBytes(whole[file]), File.ReadAllBytes(parts[file]));
        }
    }

    [Fact]
    public void Only_the_adapter_learns_and_only_it_is_in_the_checkpoints()
    {
        using var folder = new TemporaryFolder();
        using var scope = torch.NewDisposeScope();
        var summary = Train(folder, merge: false);
        Assert.Empty(summary.ModelFolders);
        Assert.False(Directory.Exists(folder["model"]));
        using var model = Small.Llava();
        using var start = Adapter(model);
        using var learnt = LoraAdapter.Load(folder["adapter"], model);
        Assert.Equal(8, learnt.Parameters.Names.Count());
        Assert.All(learnt.Parameters.All, p => Assert.False(p.Value.bytes.SequenceEqual(start.Parameters[p.Key].bytes), p.Key));
        using var stored = SafetensorsFile.Open(folder["checkpoints/step-00000020/parameters.safetensors"]);
        Assert.Equal(learnt.Parameters.Names.Order(StringComparer.Ordinal), stored.Entries.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Features_of_a_frozen_tower_are_kept_once_an_image_and_a_damaged_file_is_made_again()
    {
        using TemporaryFolder cached = new(), plain = new();
        var kept = Train(cached);
        var files = Directory.GetFiles(cached["features"], "*.safetensors", SearchOption.AllDirectories);
        Assert.Equal(15, files.Length);
        var computed = Train(plain, options: Options with { CacheFeatures = false });
        Assert.Equal(computed.FinalLoss!.Value, kept.FinalLoss!.Value, 1e-4);
        var good = File.ReadAllBytes(files[0]);
        var bad = (byte[])good.Clone();
        bad[^1] ^= 1;
        File.WriteAllBytes(files[0], bad);
        Directory.Delete(cached["checkpoints"], recursive: true);
        Assert.Equal(kept.FinalLoss, Train(cached).FinalLoss);
        Assert.Equal(good, File.ReadAllBytes(files[0]));
    }

    [Fact]
    public void Features_of_a_tower_that_is_trained_are_not_kept()
    {
        using var folder = new TemporaryFolder();
        using var model = Small.Llava();
        var samples = Small.Samples(4, images: true);
        var e = Assert.Throws<FoveaException>(() => Small.Train(model, TrainingSet.Unweighted(samples), Small.Loader(samples),
            Small.Options with { CacheFeatures = true }, folder.Path));
        Assert.Contains("freeze model.vision_tower", e.Message, StringComparison.Ordinal);
    }

    private static LoraAdapter Adapter(DecoderModel model) => LoraAdapter.Create(
        model, new LoraConfig { Rank = 2, Alpha = 4, TargetPattern = ".*language_model.*(q_proj|down_proj)" }, seed: 3);

    private static TrainingSummary Train(TemporaryFolder folder, IProgressSink? progress = null, bool merge = true, TrainingOptions? options = null)
    {
        using var model = Small.Llava();
        using var adapter = Adapter(model);
        adapter.AttachTo(model);
        var samples = Small.Samples(30, images: true);
        var job = new TrainingJob
        {
            Model = model,
            Adapter = adapter,
            MergeAdapter = merge,
            Set = TrainingSet.Unweighted(samples),
            Images = Small.Loader(samples),
            Options = options ?? Options,
            Folder = folder.Path,
        };
        return Trainer.Run(job, progress ?? new SilentProgress(), TestContext.Current.CancellationToken);
    }
}
