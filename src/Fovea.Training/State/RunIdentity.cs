using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;
using Fovea.Models.Adapters;
using Fovea.Models.Parameters;
using Fovea.Torch;
using Fovea.Training.Examples;
using Fovea.Training.Options;
using TorchSharp;

namespace Fovea.Training.State;

/// <summary>What a run is made of. A resumed run must be made of the same, or its result would be neither run's.</summary>
internal sealed record RunIdentity
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    /// <summary>The options by key, as JSON texts.</summary>
    public required IReadOnlyDictionary<string, string> Options { get; init; }

    /// <summary>SHA-256 of the options.</summary>
    public required string OptionsHash { get; init; }

    /// <summary>See <see cref="TrainingSet.DataFingerprint"/>.</summary>
    public required string Data { get; init; }

    /// <summary>See <see cref="TrainingSet.WeightsFingerprint"/>.</summary>
    public required string Weights { get; init; }

    /// <summary>SHA-256 over names and values of the parameters that the run began with.</summary>
    public required string StartModel { get; init; }

    /// <summary>Threads of one operation: sums are split among them, so that another number gives other bits.</summary>
    public required int NumThreads { get; init; }

    /// <summary>Where it was computed, which decides the last bits; null for the CPU.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] // so that states of earlier versions keep their checksums
    public string? Device { get; init; }

    /// <summary>Likewise of the adapter's, with its scale; <c>none</c> without one.</summary>
    public string StartAdapter { get; init; } = "none";

    /// <summary>Of the held-out samples; <c>none</c> without any.</summary>
    public string HeldOut { get; init; } = "none";

    /// <summary>Options under which a run was begun: <paramref name="now"/> with the recorded values of what an extension may change.</summary>
    public TrainingOptions Begun(TrainingOptions now)
    {
        var fields = JsonSerializer.SerializeToNode(now, Json)!.AsObject();
        foreach (var key in TrainingOptions.ExtensionKeys.Where(Options.ContainsKey))
        {
            fields[key] = JsonNode.Parse(Options[key]);
        }

        return fields.Deserialize<TrainingOptions>(Json)!;
    }

    /// <summary>The identity of a run.</summary>
    /// <param name="options">What it is asked to do.</param>
    /// <param name="set">What it trains on.</param>
    /// <param name="heldOut">What it evaluates on; null for nothing.</param>
    /// <param name="model">The parameters that it begins with.</param>
    /// <param name="adapter">The adapter that it trains; null for none.</param>
    public static RunIdentity Of(TrainingOptions options, TrainingSet set, TrainingSet? heldOut, ParameterSet model, LoraAdapter? adapter)
    {
        var fields = JsonSerializer.SerializeToNode(options, Json)!.AsObject().ToDictionary(p => p.Key, p => p.Value?.ToJsonString() ?? "null");
        return new RunIdentity
        {
            Options = fields,
            OptionsHash = ContentHash.OfText(string.Join('\n', fields.Select(f => $"{f.Key}={f.Value}"))),
            Data = set.DataFingerprint,
            Weights = set.WeightsFingerprint,
            HeldOut = heldOut is { } held ? $"{held.DataFingerprint}/{held.WeightsFingerprint}" : "none",
            StartModel = Hash(model),
            StartAdapter = adapter is not null ? $"{Hash(adapter.Parameters)}/{adapter.Config.Scale}" : "none",
            NumThreads = torch.get_num_threads(),
            Device = model.All.First().Value.device is var device && device.IsCpu() ? null : device.ToString(),
        };
    }

    /// <exception cref="FoveaException">Something changed; the message names the first field.</exception>
    /// <param name="now">Of the run that is to continue.</param>
    /// <param name="checkpoint">Where this was read.</param>
    /// <param name="anyThreadCount">Whether another thread count is allowed, with other last bits from here on.</param>
    /// <param name="extends">Whether the run is continued to more steps.</param>
    public void RequireSame(RunIdentity now, string checkpoint, bool anyThreadCount, bool extends = false)
    {
        foreach (var key in Options.Keys.Union(now.Options.Keys).Where(k => !extends || !TrainingOptions.ExtensionKeys.Contains(k)))
        {
            Require($"training.{key}", Options.GetValueOrDefault(key, "absent"), now.Options.GetValueOrDefault(key, "absent"), checkpoint);
        }

        Require("weights", Weights, now.Weights, checkpoint);
        Require("data", Data, now.Data, checkpoint);
        Require("start_model", StartModel, now.StartModel, checkpoint);
        Require("start_adapter", StartAdapter, now.StartAdapter, checkpoint);
        Require("held_out", HeldOut, now.HeldOut, checkpoint);
        Require("device", Device ?? ComputeDevice.Cpu, now.Device ?? ComputeDevice.Cpu, checkpoint);
        if (!anyThreadCount)
        {
            Require("num_threads", $"{NumThreads}", $"{now.NumThreads}", checkpoint);
        }
    }

    private static void Require(string field, string then, string now, string checkpoint)
    {
        if (then != now)
        {
            throw new FoveaException($"{checkpoint}: cannot resume, {field} was {then} and is now {now}; restore it, or train into another folder");
        }
    }

    private static string Hash(ParameterSet parameters)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (name, tensor) in parameters.All)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{name}|{tensor.dtype}|{string.Join(',', tensor.shape)}\n"));
            TensorBytes.AppendTo(hash, tensor);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
