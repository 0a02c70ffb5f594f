using System.CommandLine;
using Fovea.Cli.Terminal;
using Fovea.Core.Configuration;
using Fovea.Core.Text;
using Fovea.Data.Templates;
using Fovea.Models.Guidance;
using Fovea.Pipeline;
using Fovea.Pipeline.Prompting;
using Fovea.Pipeline.Stages;
using Fovea.Torch;

namespace Fovea.Cli.Commands;

/// <summary><c>fovea generate</c>: a model's answer to a prompt, with or without images, as it comes.</summary>
internal sealed class GenerateCommand
{
    private readonly Option<string> _model = new("--model") { Description = "Model folder in Hugging Face form.", Required = true, HelpName = "DIR" };
    private readonly Option<string[]> _images = new("--image") { Description = "An image file; several where the prompt has several <image>.", HelpName = "FILE", DefaultValueFactory = _ => [] };
    private readonly Option<string?> _prompt = new("--prompt") { Description = "The question. Without <image> in it, images are put before it.", HelpName = "TEXT" };
    private readonly Option<string> _template = new("--template")
    {
        Description = $"Chat template: auto (the family's), checkpoint (the model's own), {string.Join(", ", ChatTemplate.Names)} (vicuna_v1 is llava_v1), or none (the prompt as it is).",
        HelpName = "NAME",
        DefaultValueFactory = _ => TemplateChoice.Auto,
    };

    private readonly Option<int> _tokens = Numbers.Option("--max-new-tokens", "Most tokens of the answer.", "N", 128, new Bounds<int>(AtLeast: 0));
    private readonly Option<double?> _temperature = Numbers.Optional("--temperature", "Draw tokens at random, scores divided by T; 0 is greedy, the default.", "T", new Bounds<double>(AtLeast: 0));
    private readonly Option<int?> _topK = Numbers.Optional("--top-k", "Draw among the K best tokens.", "K", new Bounds<int>(AtLeast: 1));
    private readonly Option<double?> _topP = Numbers.Optional("--top-p", "Draw among the best tokens that have probability P together.", "P", new Bounds<double>(Above: 0, AtMost: 1));
    private readonly Option<int?> _beams = Numbers.Optional("--num-beams", "Search with N beams.", "N", new Bounds<int>(AtLeast: 1));
    private readonly Option<double?> _penalty = Numbers.Optional<double>("--length-penalty", "With beams: a sum of log-probabilities is divided by the length to this power (default: 1).", "X");
    private readonly Option<double> _repetition = Numbers.Option<double>("--repetition-penalty", "Above 1: tokens that occurred before become less likely.", "X", 1, new Bounds<double>(Above: 0));
    private readonly Option<string?> _decode = CommonOptions.Decode();
    private readonly Option<long?> _seed = CommonOptions.Seed("Seed of the random draws.");
    private readonly Option<string[]> _stop = new("--stop") { Description = "End before this text; may be given several times.", HelpName = "TEXT", DefaultValueFactory = _ => [] };
    private readonly Option<DType> _type = Names.Option<DType>("--dtype", "In which type the model is held; auto: as stored, mapped from its files.", "TYPE");
    private readonly Option<string> _device = CommonOptions.Device();
    private readonly Option<int> _threads = CommonOptions.Threads();
    private readonly Option<bool> _overMemory = CommonOptions.AllowOverMemory();
    private readonly Option<bool> _json = CommonOptions.Json();

    public static Command Create() => new GenerateCommand().Build();
    private Command Build() => new Command("generate", "Answers a prompt, with or without images.")
    {
        _model, _images, _prompt, _template, _tokens, _temperature, _topK, _topP, _beams, _penalty, _repetition, _decode, Listing.Option(DecodingMethods.BuiltIn, "decoding methods"), _seed, _stop, _type, _device, _threads, _overMemory, _json,
    }.Runs(Run, "the answer is not complete; run the same command again");

    private void Run(ParseResult parsed, CancellationToken stop)
    {
        var screen = new Screen(parsed.GetValue(_json));
        var run = Read(parsed);
        MissingModel.Require(run.Model);
        TorchRuntime.Start(parsed.GetValue(_threads));
        var answer = run.Run(text =>
        {
            if (!screen.Json)
            {
                Console.Out.Write(Console.IsOutputRedirected ? text : PlainText.Harmless(text));
                Console.Out.Flush();
            }
        }, Screen.Notice, stop);
        screen.Show(() => answer.ToJson(run), () =>
        {
            Console.WriteLine();
            var speed = answer.TokensPerSecond is { } rate ? FormattableString.Invariant($", {rate:0.#} tokens per second after the first") : "";
            Screen.Notice($"{answer.NumNew} tokens for a prompt of {answer.Prompt.Expanded.InputIds.Length}, template {answer.Prompt.Template}, ended by {answer.Stop}{speed}");
        });
    }

    private PromptRun Read(ParseResult parsed)
    {
        var (images, template) = (parsed.GetValue(_images)!, parsed.GetValue(_template)!);
        var text = parsed.GetValue(_prompt);
        if (text is null && images.Length == 0 && template != Prompt.NoTemplate)
        {
            throw new UsageException("--prompt: expected a question, an --image to caption, or --template none to begin a text");
        }

        return new PromptRun
        {
            Model = parsed.GetValue(_model)!,
            Images = images,
            Text = text ?? "",
            Template = template,
            Type = parsed.GetValue(_type),
            Device = parsed.GetValue(_device)!,
            Memory = parsed.GetValue(_overMemory) ? null : MemoryLimits.Resident(),
            Options = new GenerationRequest
            {
                MaxNewTokens = parsed.GetValue(_tokens),
                StopStrings = parsed.GetValue(_stop)!,
                RepetitionPenalty = parsed.GetValue(_repetition),
                Method = DecodingChoice.Parse(parsed.GetValue(_decode), Catalogues.BuiltIn),
                Temperature = parsed.GetValue(_temperature),
                TopK = parsed.GetValue(_topK),
                TopP = parsed.GetValue(_topP),
                Seed = parsed.GetValue(_seed),
                NumBeams = parsed.GetValue(_beams),
                LengthPenalty = parsed.GetValue(_penalty),
            }.ToOptions(),
        };
    }
}
