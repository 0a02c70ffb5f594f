using System.CommandLine;
using System.Text.Json;
using Fovea.Cli.Terminal;
using Fovea.Core.Configuration;
using Fovea.Core.Errors;
using Fovea.Core.Provenance;
using Fovea.Data.Corpora;
using Fovea.Models.Checkpoints;
using Fovea.Pipeline.Plans;
using Fovea.Pipeline.Stages;

namespace Fovea.Cli.Commands;

/// <summary><c>fovea train</c>: one training run, from a configuration, from a model and data, or from both.</summary>
internal sealed class TrainCommand
{
    /// <summary>For a model and data without a configuration: one pass over the data, at the learning rate of LLaVA's tuning.</summary>
    private const string Defaults = """{ "training": { "epochs": 1, "batch_size": 32, "learning_rate": 2e-5, "checkpoint_every": 100 } }""";

    /// <summary>For a model that has one: LLaVA's tuning leaves the tower as it is.</summary>
    private const string FrozenTower = """training.frozen=["model.vision_tower"]""";

    private readonly Option<string?> _config = CommonOptions.Config(required: false);
    private readonly Option<string?> _model = new("--model") { Description = "Model folder to start from, in place of the configuration's model or preset, with its own tokenizer.", HelpName = "DIR" };
    private readonly Option<string?> _data = new("--data") { Description = "Corpus to train on, in place of the configuration's data: LLaVA JSON or JSON Lines, or COCO captions.", HelpName = "FILE" };
    private readonly Option<string?> _images = CommonOptions.Images();
    private readonly Option<DataFormat> _format = CommonOptions.Format();
    private readonly Option<bool> _followLinks = CommonOptions.FollowLinks();
    private readonly Option<string[]> _rename = CommonOptions.Rename();
    private readonly Option<string> _template = CommonOptions.Template();
    private readonly Option<string> _out = CommonOptions.Out("Folder of the training run.");
    private readonly Option<string?> _weights = new("--weights") { Description = "Token weights that 'fovea select' wrote; absent: plain next-token prediction.", HelpName = "W" };
    private readonly Option<int?> _maxInvalid = CommonOptions.MaxInvalid();
    private readonly Option<OnBadSample> _onBadSample = CommonOptions.OnBadSample();
    private readonly Option<long?> _seed = CommonOptions.Seed("Seed of the order of the samples and of initial weights.");
    private readonly Option<string[]> _set = CommonOptions.Set();
    private readonly Option<bool> _resume = CommonOptions.Resume();
    private readonly Option<int> _threads = CommonOptions.Threads();
    private readonly Option<bool> _anyThreads = new("--any-threads") { Description = "With --resume: continue although the number of threads differs; the last bits of the result will differ too." };
    private readonly Option<bool> _overMemory = CommonOptions.AllowOverMemory();
    private readonly Option<bool> _json = CommonOptions.Json();

    /// <summary>Describes the command.</summary>
    public static Command Create()
    {
        var options = new TrainCommand();
        var command = new Command("train", "Trains one model, by a configuration (configs/{reference,align,pretrain,tune,lora}.jsonc), or from --model and --data: one epoch at a learning rate of 2e-5 with the vision tower frozen, unless --set says otherwise.")
        {
            options._config, options._model, options._data, options._images, options._format, options._followLinks, options._rename, options._template, options._out, options._weights, options._maxInvalid, options._onBadSample, options._seed,
            options._set, options._resume, options._threads, options._anyThreads, options._overMemory, options._json,
        };
        command.SetAction((parsed, _) => Guard.Run("fovea train", stop => StageCommand.Run(
            options.Stage(parsed), parsed.GetValue(options._out)!, parsed.GetValue(options._threads),
            parsed.GetValue(options._resume) ? Existing.Continue : Existing.Refuse, new Screen(parsed.GetValue(options._json)), stop, parsed.GetValue(options._anyThreads), parsed.GetValue(options._overMemory)), Guard.Resumable));
        return command;
    }

    /// <summary>The run that a command line asks for: the configuration, then the options, then <c>--set</c>.</summary>
    private TrainStage Stage(ParseResult parsed)
    {
        IEnumerable<string> overrides = [.. Overrides(parsed), .. parsed.GetValue(_set)!];
        var stage = parsed.GetValue(_config) is { } file ? ConfigFile.Load<TrainStage>(file, overrides)
            : parsed.GetValue(_model) is { } model && parsed.GetValue(_data) is not null ? WithoutFile([.. ForModel(model), .. overrides])
            : throw new UsageException("expected --config, or --model and --data");
        stage = parsed.GetValue(_followLinks) ? stage with { Data = Linked(stage.Data), HeldOut = Linked(stage.HeldOut) } : stage;
        var renames = parsed.GetValue(_rename)!;
        return stage with { Data = Renamed.Apply(stage.Data, renames, stage.HeldOut), HeldOut = Renamed.Apply(stage.HeldOut, renames, stage.Data) };
    }

    private static IReadOnlyList<DataSource> Linked(IReadOnlyList<DataSource> data) => [.. data.Select(d => d with { FollowLinks = true })];

    /// <summary>The run of a command line without a configuration. Steps that are asked for take the place of the one epoch that nobody asked for.</summary>
    internal static TrainStage WithoutFile(IReadOnlyList<string> overrides) => ConfigBinder.Read<TrainStage>(Defaults, "fovea train",
        [.. overrides.Any(o => o.StartsWith("training.steps=", StringComparison.Ordinal)) ? ["training.epochs=null"] : (string[])[], .. overrides]);

    private static string[] ForModel(string folder)
    {
        MissingModel.Require(folder);
        return ModelInspection.Read(folder).Tower is null ? [] : [FrozenTower];
    }

    private IEnumerable<string> Overrides(ParseResult parsed)
    {
        if (parsed.GetValue(_model) is { } model)
        {
            yield return $"model={Quote(model)}";
            foreach (var key in new[] { "preset", "decoder_from", "tokenizer" })
            {
                yield return $"{key}=null";
            }
        }

        if (parsed.GetValue(_data) is { } data)
        {
            yield return $"data={JsonSerializer.Serialize<DataSource[]>([new DataSource { File = data, Images = parsed.GetValue(_images), Format = parsed.GetValue(_format) }], StageManifest.Json)}";
        }
        else if (Array.Find<Option>([_images, _format], o => Given(parsed, o)) is { } stray)
        {
            throw new UsageException($"{stray.Name} describes the corpus of --data; give --data too, or --set data[0].{stray.Name[2..]}=...");
        }

        if (Given(parsed, _template))
        {
            yield return $"template={Quote(parsed.GetValue(_template)!)}";
        }

        if (parsed.GetValue(_weights) is { } weights)
        {
            yield return $"weights={Quote(weights)}";
        }

        if (parsed.GetValue(_maxInvalid) is { } maxInvalid)
        {
            yield return FormattableString.Invariant($"max_invalid={maxInvalid}");
        }

        if (Given(parsed, _onBadSample))
        {
            yield return $"on_bad_sample={(parsed.GetValue(_onBadSample) == OnBadSample.Skip ? "skip" : "stop")}";
        }

        if (parsed.GetValue(_seed) is { } seed)
        {
            yield return FormattableString.Invariant($"training.seed={seed}");
        }
    }

    private static bool Given(ParseResult parsed, Option option) => parsed.GetResult(option) is { Implicit: false };

    private static string Quote(string text) => JsonSerializer.Serialize(text);
}
