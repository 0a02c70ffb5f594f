using Fovea.Models.Adapters;
using Fovea.Models.Checkpoints;
using Fovea.Models.Parameters;
using Fovea.Torch;
using Fovea.Training.Optimization;
using Fovea.Training.Running;
using Fovea.Training.State;
using TorchSharp;

namespace Fovea.Training.Reference;

/// <summary>
/// Repeats a training run that PyTorch made: start model, batches, and for each step loss, denominator, gradient norm and learning rate, then the
/// final parameters. A case is a folder of <c>case.json</c>, <c>model/</c>, <c>batches.safetensors</c> and <c>final.safetensors</c>.
/// </summary>
public static class ReferenceTraining
{
    private const double DenominatorTolerance = 1e-4;

    /// <summary>Runs a case and compares all that it holds. The trainer's own step does the work.</summary>
    /// <param name="folder">Of the case.</param>
    /// <param name="microBatchSize">Rows a forward pass; null for the whole batch. Must not change the result.</param>
    /// <param name="packLength">Tokens of a packed row; null for padded rows. Must not change the result.</param>
    /// <returns>All comparisons, in the order in which they were made.</returns>
    /// <exception cref="FoveaException">The folder is not such a case.</exception>
    public static IReadOnlyList<ReferenceCheck> Run(string folder, int? microBatchSize = null, int? packLength = null)
    {
        using var scope = torch.NewDisposeScope();
        using var document = Read(Path.Combine(folder, "case.json"));
        var (reference, optimiser) = (document.RootElement, document.RootElement.GetProperty("optimiser"));
        using var model = ModelFolder.Load(Path.Combine(folder, "model"));
        var stage = reference.GetProperty("stage").GetString();
        using var adapter = stage == "lora" ? LoraAdapter.Load(Path.Combine(folder, "adapter"), model) : null;
        model.Parameters.SetTrainable(n => adapter is null && Trains(stage, n));
        adapter?.Parameters.SetTrainable(_ => true);
        var trained = adapter?.Parameters ?? model.Parameters;
        if (adapter is not null)
        {
            adapter.AttachTo(model);
        }

        var betas = optimiser.GetProperty("betas");
        using var optimizer = new AdamW(trained, new AdamWSettings(
            betas[0].GetDouble(), betas[1].GetDouble(), optimiser.GetProperty("eps").GetDouble(), optimiser.GetProperty("weight_decay").GetDouble()));
        var steps = optimiser.GetProperty("steps").GetInt32();
        var schedule = new Schedule(ScheduleKind.Cosine, optimiser.GetProperty("learning_rate").GetDouble(), steps,
            optimiser.GetProperty("warmup_steps").GetInt32());
        using var batches = new ReferenceBatches(Path.Combine(folder, "batches.safetensors"));
        var checks = new List<ReferenceCheck>();
        var layout = new StepLayout(microBatchSize ?? int.MaxValue, packLength);
        var step = new TrainStep(model, optimizer, layout, optimiser.GetProperty("clip_norm").GetDouble());
        for (var i = 0; i < steps; i++)
        {
            var rate = schedule.Rate(i);
            checks.AddRange(Compare(reference, i, rate, step.Run(batches.Samples(i), rate)));
        }

        checks.AddRange(CompareParameters(Path.Combine(folder, "final.safetensors"), trained, optimizer, reference));
        return checks;
    }

    private static bool Trains(string? stage, string name) => stage switch
    {
        "align" => name.StartsWith("model.multi_modal_projector.", StringComparison.Ordinal),
        "tune" => !name.StartsWith("model.vision_tower.", StringComparison.Ordinal),
        _ => true,
    };

    private static IEnumerable<ReferenceCheck> Compare(JsonElement reference, int step, double rate, StepResult result)
    {
        var tolerance = reference.GetProperty("tolerance");
        double Of(string key) => reference.GetProperty(key)[step].GetDouble();
        double Relative(string key, string name) => tolerance.GetProperty(name).GetDouble() * Math.Abs(Of(key));
        yield return new($"learning rate {step}", Math.Abs(Of("learning_rate") - rate), Relative("learning_rate", "learning_rate_relative"));
        yield return new($"denominator {step}", Math.Abs(Of("denominator") - result.WeightSum), DenominatorTolerance);
        yield return new($"loss {step}", Math.Abs(Of("loss") - (result.Loss ?? double.NaN)), tolerance.GetProperty("loss_absolute").GetDouble());
        yield return new($"gradient norm {step}", Math.Abs(Of("gradient_norm") - (result.GradientNorm ?? double.NaN)),
            Relative("gradient_norm", "gradient_norm_relative"));
    }

    private static IEnumerable<ReferenceCheck> CompareParameters(string path, ParameterSet parameters, AdamW optimizer, JsonElement reference)
    {
        var tolerance = reference.GetProperty("tolerance").GetProperty("parameters_absolute").GetDouble();
        using var file = SafetensorsFile.Open(path);
        var stored = file.Entries.Keys.ToDictionary(n => n.Replace(".default.", ".", StringComparison.Ordinal), StringComparer.Ordinal); // PEFT in memory
        var trained = optimizer.Names.ToHashSet(StringComparer.Ordinal);
        yield return new("names of the trained parameters", trained.Count(n => !stored.ContainsKey(n)) + stored.Keys.Count(n => !trained.Contains(n)), 0);
        foreach (var name in stored.Keys.Where(trained.Contains))
        {
            using var expected = file.Read(stored[name]);
            using var distance = (parameters[name].detach() - expected).abs().max();
            yield return new(name, distance.ToNumber(), tolerance);
        }
    }

    private static JsonDocument Read(string path)
    {
        try
        {
            return JsonDocument.Parse(RegularFile.ReadAllBytes(path, RegularFile.MaxJson));
        }
        catch (Exception e) when (e is IOException or JsonException or UnauthorizedAccessException)
        {
            throw new InvalidInputException(path, null, "cannot be read; expected the description of a reference run", e);
        }
    }
}
