using System.CommandLine;
using Fovea.Data.Corpora;
using Fovea.Pipeline.Plans;
using Fovea.Pipeline.Stages;

namespace Fovea.Cli.Commands;

/// <summary><c>fovea train</c>: one training run, from a configuration, from a model and data, or from both.</summary>
internal sealed class TrainCommand
{
    private readonly Option<string?> _config = CommonOptions.Config();
    private readonly Option<string?> _model = new("--model") { Description = "Model folder to start from, in place of the configuration's model or preset, with its own tokenizer.", HelpName = "DIR" };
    private readonly Option<string?> _data = new("--data") { Description = "Corpus to train on, in place of the configuration's data: LLaVA JSON or JSON Lines, or COCO captions.", HelpName = "FILE" };
    private readonly Option<string?> _images = CommonOptions.Images();
    private readonly Option<string> _format = CommonOptions.Format();
    private readonly Option<bool> _followLinks = CommonOptions.FollowLinks();
    private readonly Option<string[]> _rename = CommonOptions.Rename();
    private readonly Option<string> _template = CommonOptions.Template();

    private readonly Option<string?> _weights = new("--weights") { Description = "Token weights that 'fovea select' wrote; absent: plain next-token prediction.", HelpName = "W" };
    private readonly Option<int?> _maxInvalid = CommonOptions.MaxInvalid();
    private readonly Option<OnBadSample> _onBadSample = CommonOptions.OnBadSample();
    private readonly Option<long?> _seed = CommonOptions.Seed("Seed of the order of the samples and of initial weights.");
    private readonly Option<string[]> _set = CommonOptions.Set();
    private readonly Option<string> _device = CommonOptions.Device();
    private readonly StageOptions _run = new("Folder of the training run.")
    {
        Resume = CommonOptions.Resume(),
        Threads = CommonOptions.Threads(),
        ImageThreads = CommonOptions.ImageThreads(),
        AnyThreads = new("--any-threads") { Description = "With --resume: continue although the number of threads differs; the last bits of the result will differ too." },
        OverMemory = CommonOptions.AllowOverMemory(),
    };
    public static Command Create() => new TrainCommand().Build();
    private Command Build() => _run.AddTo(new Command("train", "Trains one model, by a configuration (configs/{reference,align,pretrain,tune,lora}.jsonc), or from --model and --data: one epoch at a learning rate of 2e-5 with the vision tower frozen, unless --set says otherwise.")
        {
            _config, _model, _data, _images, _format, _followLinks, _rename, _template, _weights, _maxInvalid, _onBadSample, _seed, _set, _device,
        }, Stage);

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
            Device = Given(_device) ? parsed.GetValue(_device) : null,
            Seed = parsed.GetValue(_seed),
            Set = parsed.GetValue(_set)!,
            FollowLinks = parsed.GetValue(_followLinks),
            Renames = parsed.GetValue(_rename)!,
        }.ToStage();
    }
}
