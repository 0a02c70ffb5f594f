using System.Runtime.InteropServices;
using System.Text.Json;
using Fovea.Core.Samples;
using Fovea.Models;
using Fovea.Models.Batching;
using Fovea.Models.Checkpoints;
using Fovea.Torch;
using Fovea.Training.Examples;
using Fovea.Training.Optimization;
using Fovea.Training.Running;
using TorchSharp;
using Xunit;

namespace Fovea.Tests.Training;

/// <summary>Ten steps against PyTorch and Transformers. Tolerances are the fixtures' own: ten times the distance of float32 from float64.</summary>
public sealed class GoldenTrainingTests
{
    public GoldenTrainingTests() => TorchRuntime.Start(1);

    [Theory]
    [InlineData("reference_lm", 4)]
    [InlineData("reference_lm", 1)]
    [InlineData("reference_lm_tied", 4)]
    [InlineData("align_ntp", 4)]
    [InlineData("pretrain_prior", 4)]
    [InlineData("tune_ntp", 4)]
    [InlineData("tune_vig", 4)]
    [InlineData("tune_vig", 2)]
    [InlineData("tune_vig_siglip", 4)]
    public void Ten_steps_give_the_reference_losses_norms_rates_and_parameters(string name, int microBatchSize)
    {
        using var scope = torch.NewDisposeScope();
        var folder = TestData.Find("fixtures/training/" + name);
        var reference = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "case.json"))).RootElement;
        var (o, tolerance) = (reference.GetProperty("optimiser"), reference.GetProperty("tolerance"));
        var lossTolerance = tolerance.GetProperty("loss_absolute").GetDouble();
        using var temporary = new TemporaryFolder();
        using var model = Load(Path.Combine(folder, "model"), temporary.Path);
        var stage = reference.GetProperty("stage").GetString();
        model.Parameters.SetTrainable(n => stage switch
        {
            "align" => n.StartsWith("model.multi_modal_projector.", StringComparison.Ordinal),
            "tune" => !n.StartsWith("model.vision_tower.", StringComparison.Ordinal),
            _ => true,
        });
        var betas = o.GetProperty("betas");
        using var optimizer = new AdamW(model.Parameters, new AdamWSettings(
            betas[0].GetDouble(), betas[1].GetDouble(), o.GetProperty("eps").GetDouble(), o.GetProperty("weight_decay").GetDouble()));
        var schedule = new Schedule(ScheduleKind.Cosine, o.GetProperty("learning_rate").GetDouble(), o.GetProperty("steps").GetInt32(), o.GetProperty("warmup_steps").GetInt32());
        var step = new TrainStep(model, optimizer, microBatchSize, o.GetProperty("clip_norm").GetDouble());
        var batches = SafetensorsFile.Open(Path.Combine(folder, "batches.safetensors")).ReadAll();
        for (var i = 0; i < 10; i++)
        {
            var rate = schedule.Rate(i);
            var result = step.Run(Samples(batches, i), rate);
            Assert.Null(result.Fault);
            Close(reference.GetProperty("learning_rate")[i].GetDouble(), rate, 0, tolerance.GetProperty("learning_rate_relative").GetDouble(), $"rate {i}");
            Close(reference.GetProperty("denominator")[i].GetDouble(), result.WeightSum, 1e-4, 0, $"denominator {i}");
            Close(reference.GetProperty("loss")[i].GetDouble(), result.Loss!.Value, lossTolerance, 0, $"loss {i}");
            Close(reference.GetProperty("gradient_norm")[i].GetDouble(), result.GradientNorm!.Value, 0, tolerance.GetProperty("gradient_norm_relative").GetDouble(), $"norm {i}");
        }

        var final = SafetensorsFile.Open(Path.Combine(folder, "final.safetensors")).ReadAll();
        Assert.Equal(final.Keys.Order(StringComparer.Ordinal), optimizer.Names.Order(StringComparer.Ordinal));
        foreach (var (parameter, expected) in final)
        {
            var distance = (model.Parameters[parameter].detach() - expected).abs().max().ToDouble();
            Assert.True(distance <= tolerance.GetProperty("parameters_absolute").GetDouble(), $"{parameter} is {distance} off");
        }
    }

    // The start models carry the names that Transformers 5 writes; the loader and final.safetensors use those of 4.52.
    private static VisionLanguageModel Load(string folder, string temporary)
    {
        var tensors = SafetensorsFile.Open(Path.Combine(folder, "model.safetensors")).ReadAll();
        File.Copy(Path.Combine(folder, "config.json"), Path.Combine(temporary, "config.json"));
        SafetensorsFile.Write(Path.Combine(temporary, "model.safetensors"), tensors.Select(t => KeyValuePair.Create(NewName(t.Key), t.Value)));
        return ModelFolder.Load(temporary);
    }

    private static string NewName(string name) => name switch
    {
        "language_model.lm_head.weight" => "lm_head.weight",
        _ when name.StartsWith("language_model.model.", StringComparison.Ordinal) => "model.language_model." + name["language_model.model.".Length..],
        _ when name.StartsWith("vision_tower.", StringComparison.Ordinal) => "model.vision_tower.vision_model." + name["vision_tower.".Length..],
        _ when name.StartsWith("multi_modal_projector.", StringComparison.Ordinal) => "model." + name,
        _ => name,
    };

    // The generator's rows, each as the trainer would have expanded it.
    private static List<WeightedSample> Samples(Dictionary<string, torch.Tensor> batches, int step)
    {
        var ids = batches[$"{step}.input_ids"];
        var (rows, seq) = ((int)ids.shape[0], (int)ids.shape[1]);
        var (id, mask, label) = (Values<long>(ids), Values<long>(batches[$"{step}.attention_mask"]), Values<long>(batches[$"{step}.labels"]));
        var weight = Values<float>(batches[$"{step}.weights"]);
        var pixels = batches.GetValueOrDefault($"{step}.pixel_values");
        var images = pixels is null ? 0 : (int)pixels.shape[0];
        var samples = new List<WeightedSample>();
        for (var b = 0; b < rows; b++)
        {
            var at = b * seq;
            var length = (int)mask[at..(at + seq)].Sum();
            var targets = Enumerable.Range(1, length - 1).Where(t => label[at + t] >= 0).ToArray();
            IReadOnlyList<PixelValues> image = b < images ? [Image(pixels![b])] : [];
            var expanded = new ExpandedSample([.. id[at..(at + length)].Select(t => (int)t)], targets, image);
            samples.Add(WeightedSample.Create(new SampleKey("golden", b), expanded, Array.ConvertAll(targets, t => weight[at + t])));
        }

        return samples;
    }

    private static PixelValues Image(torch.Tensor chw) => new((int)chw.shape[0], (int)chw.shape[1], (int)chw.shape[2], Values<float>(chw.contiguous()));

    private static T[] Values<T>(torch.Tensor tensor)
        where T : unmanaged => MemoryMarshal.Cast<byte, T>(tensor.contiguous().bytes).ToArray();

    private static void Close(double expected, double actual, double absolute, double relative, string what) =>
        Assert.True(Math.Abs(actual - expected) <= absolute + (relative * Math.Abs(expected)), $"{what}: {actual}, expected {expected}");
}
