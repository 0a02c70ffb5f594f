using Fovea.Core.Extending;

namespace Fovea.Evaluation.Answers;

/// <summary>
/// A benchmark whose answer files are scored without a model. The command <c>fovea eval NAME</c> is made from it: an option for each input, <c>--parser</c>
/// where there is more than one rule, the document, the table with intervals, and the file of outcomes.
/// </summary>
/// <param name="Name">What it is asked for by.</param>
/// <param name="Help">What it scores, in one line.</param>
/// <param name="Inputs">The files that it reads.</param>
/// <param name="Score">Reads them, and scores.</param>
public sealed record AnswerBenchmark(string Name, string Help, IReadOnlyList<AnswerInput> Inputs, Func<AnswerSources, AnswerScore> Score) : ICatalogued
{
    /// <summary>The rules by which its answers can be read; the first is the default. Empty where there is one rule only.</summary>
    public IReadOnlyList<AnswerParser> Parsers { get; init; } = [];

    /// <summary>How its questions are put to a model, where <c>fovea eval NAME --model</c> does so; null where only answers are scored.</summary>
    public AskedAs? Asked { get; init; }
}

/// <summary>How a benchmark's questions are put to a model: its input <c>questions</c>, or what it makes of its inputs, to what another input then reads.</summary>
public sealed record AskedAs
{
    /// <summary>The input that is read.</summary>
    public const string Questions = "questions";

    /// <summary>LLaVA's words behind questions with options.</summary>
    public const string ByLetter = "\nAnswer with the option's letter from the given choices directly.";

    /// <summary>LLaVA's words behind questions with short answers.</summary>
    public const string InFewWords = "\nAnswer the question using a single word or phrase.";

    /// <summary>The input that the model's answers take the place of.</summary>
    public string Answers { get; init; } = "answers";

    /// <summary>Most tokens of an answer, where nothing is said.</summary>
    public int MaxNewTokens { get; init; } = 128;

    /// <summary>
    /// Makes the questions, as records that are asked as they are, of the inputs and the folder of the images; null where the input <c>questions</c> has such
    /// records.
    /// </summary>
    public Func<AnswerSources, string, IEnumerable<JsonObject>>? Make { get; init; }

    /// <summary>Put behind each question that does not end in it.</summary>
    public string Suffix { get; init; } = "";

    /// <summary>Of questions that name no options, the answers that are weighed by likelihood.</summary>
    public IReadOnlyList<string> Choices { get; init; } = [];
}

/// <summary>A file or folder that a benchmark reads.</summary>
/// <param name="Name">Its option without dashes, e.g. <c>answers</c>.</param>
/// <param name="Help">What it holds, as a sentence.</param>
/// <param name="IsRequired">Whether there is no scoring without it.</param>
public sealed record AnswerInput(string Name, string Help, bool IsRequired = true)
{
    /// <summary>What help calls its value.</summary>
    public string Form { get; init; } = "FILE";
}

/// <summary>A rule by which answers are read.</summary>
/// <param name="Name">What it is asked for by: the code that has this rule.</param>
/// <param name="Help">The rule, in some words.</param>
public sealed record AnswerParser(string Name, string Help);

/// <summary>What is to be scored: paths by the name of their input, and the rule.</summary>
/// <param name="Paths">The inputs that were given.</param>
/// <param name="Parser">The rule's name; empty where the benchmark has one only.</param>
public sealed record AnswerSources(IReadOnlyDictionary<string, string> Paths, string Parser)
{
    /// <summary>The path of an input that must be given.</summary>
    /// <exception cref="UsageException">It was not.</exception>
    public string this[string input] => Optional(input) ?? throw new UsageException($"--{input}: expected a path, got none");

    /// <summary>The path of an input, or null.</summary>
    public string? Optional(string input) => Paths.GetValueOrDefault(input);
}
