using System.CommandLine;
using Fovea.Cli.Terminal;
using Fovea.Core.Configuration;
using Fovea.Evaluation.Analyses;
using Fovea.Evaluation.Answers;
using Fovea.Evaluation.Asking;
using Fovea.Pipeline.Stages;
using Fovea.Torch;

namespace Fovea.Cli.Commands;

/// <summary>Options with which questions are put to a model: of <c>fovea eval ask</c>, and of the benchmarks whose questions can be asked.</summary>
internal sealed class AskOptions
{
    private readonly Option<string?> _images = new("--images") { Description = "Folder of the questions' images (default: the questions' own folder).", HelpName = "DIR" };
    private readonly Option<string?> _suffix;
    private readonly Option<AnswerBy> _by = Names.Option<AnswerBy>("--by", "generation: answers are written, greedily; likelihood: the likeliest of each question's options or of --choices, in one pass.", "WAY");
    private readonly Option<string?> _choices;
    private readonly Option<string> _template = CommonOptions.Template(byFamily: true);
    private readonly Option<int> _tokens;
    private readonly Option<string?> _decode = CommonOptions.Decode();
    private readonly Option<int> _budget = Numbers.Option("--token-budget", "Most tokens of a batch, padding and answers included; lower it where memory is short.", "N", 16384, new Bounds<int>(AtLeast: 1));
    private readonly Option<string> _device = CommonOptions.Device();
    private readonly Option<int> _threads = CommonOptions.Threads();
    private readonly Option<bool> _overMemory = CommonOptions.AllowOverMemory();
    private readonly Option<string[]> _also = new("--also")
    {
        Description = "Asks the questions again, altered, and compares: blind (without images), blurred (images), corrupted (text). Repeatable.",
        HelpName = "WAY",
        DefaultValueFactory = _ => [],
    };

    private readonly Option<long?> _seed = CommonOptions.Seed("Of the letters that --also corrupted exchanges (default: 0).");
    private readonly AskedAs _asked;

    /// <param name="asked">What a benchmark's own protocol asks with.</param>
    /// <param name="isRequired">Whether the model must be given.</param>
    public AskOptions(AskedAs asked, bool isRequired)
    {
        _asked = asked;
        Model = new("--model") { Description = isRequired ? "Model folder in Hugging Face form." : "Model folder: the questions are put to this model, in place of --answers.", Required = isRequired, HelpName = "DIR" };
        _suffix = new("--suffix") { Description = $"Put behind each question that does not end in it, as it is (default: {(asked.Suffix.Length == 0 ? "nothing" : $"'{asked.Suffix.Trim()}' on a line of its own")}).", HelpName = "TEXT" };
        _tokens = Numbers.Option("--max-new-tokens", "Most tokens of an answer.", "N", asked.MaxNewTokens, new Bounds<int>(AtLeast: 1));
        _choices = new("--choices") { Description = $"By likelihood: the answers to weigh of questions without options, with commas between them{(asked.Choices.Count == 0 ? "" : $" (default: {string.Join(',', asked.Choices)})")}.", HelpName = "A,B" };
    }

    public Option<string?> Model { get; }

    /// <summary>What asks the questions again, altered: of benchmarks, whose answers are scored.</summary>
    public IEnumerable<Option> Altering => [_also, _seed];

    /// <summary>Whether questions are to be asked again, altered.</summary>
    public bool IsAltering(ParseResult parsed) => parsed.GetValue(_also)!.Length > 0;

    /// <summary>How they are altered, each way once.</summary>
    /// <exception cref="UsageException">There is no such way.</exception>
    public IReadOnlyList<Alteration> Alterations(ParseResult parsed) => [.. parsed.GetValue(_also)!.Select(name => Enum.GetValues<Alteration>().Where(a => NameOf(a) == name).ToArray() is [var way] ? way
        : throw new UsageException($"--also {Quoted.Shorten(name)}: expected one of {string.Join(", ", Enum.GetValues<Alteration>().Select(NameOf))}")).Distinct()];

    /// <summary>What an alteration is called.</summary>
    public static string NameOf(Alteration way) => way.ToString().ToLowerInvariant();

    /// <summary>Asks altered questions, and returns where the answers are.</summary>
    public string AskAltered(ParseResult parsed, string questions, Alteration way, string folder, Screen screen, CancellationToken stop)
    {
        var (altered, images) = AlteredQuestions.Write(questions, parsed.GetValue(_images), way, Path.Combine(folder, "altered"), parsed.GetValue(_seed) ?? 0, stop);
        return Ask(parsed, Stage(parsed, altered) with { Images = images }, Path.Combine(folder, "asked"), screen, stop);
    }

    public IEnumerable<Option> All => [Model, _images, _suffix, _by, _choices, _template, _tokens, _decode, _budget, _device, _threads, _overMemory];

    public Option<int> Threads => _threads;

    public Option<bool> OverMemory => _overMemory;

    public AskStage Stage(ParseResult parsed, string questions) => new()
    {
        Model = parsed.GetValue(Model)!,
        Questions = questions,
        Images = parsed.GetValue(_images),
        Suffix = parsed.GetValue(_suffix) ?? _asked.Suffix,
        By = parsed.GetValue(_by),
        Choices = parsed.GetValue(_choices)?.Split(',') ?? [.. _asked.Choices],
        Template = parsed.GetValue(_template)!,
        MaxNewTokens = parsed.GetValue(_tokens),
        Decode = parsed.GetValue(_decode),
        TokenBudget = parsed.GetValue(_budget),
        Device = parsed.GetValue(_device)!,
    };

    /// <summary>Folder of the images, where questions are made and do not lie beside them.</summary>
    /// <exception cref="UsageException">It was not given.</exception>
    public string Images(ParseResult parsed) => parsed.GetValue(_images) ?? throw new UsageException("--images: expected the folder of the questions' images");

    /// <summary>Asks, or continues to, and returns where the answers are.</summary>
    public string Ask(ParseResult parsed, string questions, string folder, Screen screen, CancellationToken stop) => Ask(parsed, Stage(parsed, questions), folder, screen, stop);

    private string Ask(ParseResult parsed, AskStage stage, string folder, Screen screen, CancellationToken stop)
    {
        var threads = parsed.GetValue(_threads);
        TorchRuntime.Start(threads);
        StageProgress.Show(screen, progress => StageRunner.Run(
            stage, new StageContext(folder, threads, progress, stop) { AllowOverMemory = parsed.GetValue(_overMemory) }, Existing.Continue));
        return AskStage.AnswersIn(folder);
    }
}
