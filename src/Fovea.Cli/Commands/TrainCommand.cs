using System.CommandLine;
using Fovea.Cli.Terminal;
using Fovea.Core.Errors;
using Fovea.Data.Corpora;
using Fovea.Pipeline.Plans;
using Fovea.Pipeline.Stages;

namespace Fovea.Cli.Commands;

/// <summary><c>fovea train</c>: one training run, from a configuration, from a model and data, or from both.</summary>
internal sealed class TrainCommand
{
    private readonly Option<string?> _config = CommonOptions.Config(required: false);
    private readonly Option<string?> _model = new("--model") { Description = "Model folder to start from, in place of the configuration's model or preset, with its own tokenizer.", HelpName = "DIR" };
    private readonly Option<string?> _data = new("--data") { Description = "Corpus to train on, in place of the configuration's data: LLaVA JSON or JSON Lines, or COCO captions.", HelpName = "FILE" };
    private readonly Option<string?> _images = CommonOptions.Images();
    private readonly Option<string> _format = CommonOptions.Format();
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
    private readonly Option<int?> _imageThreads = CommonOptions.ImageThreads();
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
            options._set, options._resume, options._threads, options._imageThreads, options._anyThreads, options._overMemory, options._json,
        };
        command.SetAction((parsed, _) => Guard.Run("fovea train", stop => StageCommand.Run(
            options.Stage(parsed), parsed.GetValue(options._out)!, parsed.GetValue(options._threads),
            parsed.GetValue(options._resume) ? Existing.Continue : Existing.Refuse, new Screen(parsed.GetValue(options._json)), stop, parsed.GetValue(options._anyThreads), parsed.GetValue(options._overMemory), parsed.GetValue(options._imageThreads)), Guard.Resumable));
        return command;
    }

    private TrainStage Stage(ParseResult parsed)
    {
        bool Given(Option option) => parsed.GetResult(option) is { Implicit: false };
        var data = parsed.GetValue(_data);
        if (data is null && Array.Find<Option>([_images, _format], Given) is { } stray)
        {
            throw new UsageException($"{stray.Name} describes the corpus of --data; give --data too, or --set data[0].{stray.Name[2..]}=...");
        }

        return new TrainRequest
        {
            Config = parsed.GetValue(_config),
            Model = parsed.GetValue(_model),
            Data = data is null ? null : new DataSource { File = data, Images = parsed.GetValue(_images), Format = parsed.GetValue(_format)! },
            Template = Given(_template) ? parsed.GetValue(_template) : null,
            Weights = parsed.GetValue(_weights),
            MaxInvalid = parsed.GetValue(_maxInvalid),
            OnBadSample = Given(_onBadSample) ? parsed.GetValue(_onBadSample) : null,
            Seed = parsed.GetValue(_seed),
            Set = parsed.GetValue(_set)!,
            FollowLinks = parsed.GetValue(_followLinks),
            Renames = parsed.GetValue(_rename)!,
        }.ToStage();
    }
}
