using System.Text.Encodings.Web;
using System.Text.Json.Serialization;
using Fovea.Core.Configuration;
using Fovea.Data.Images;
using Fovea.Data.Templates;
using Fovea.Evaluation.Asking;
using Fovea.Evaluation.Running;
using Fovea.Models.Checkpoints;
using Fovea.Models.Generation;
using Fovea.Torch;

namespace Fovea.Pipeline.Stages;

/// <summary>
/// A benchmark's questions to a model's answers: each question's record with the answer beside it, in files that <c>fovea eval NAME --answers</c> reads. What
/// was answered is kept as it comes, under a key of all that decides it.
/// </summary>
public sealed record AskStage : IStage
{
    /// <summary>What the answers are called in the stage's folder: a file where the questions are one, else a folder of files of the questions' names.</summary>
    public const string Answers = "answers";

    private const string Kept = "kept", Ending = ".jsonl";

    /// <summary>How records are written, a line each.</summary>
    public static readonly JsonSerializerOptions Line = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The model's folder.</summary>
    [InputPath]
    public required string Model { get; init; }

    /// <summary>A file of questions, or a folder of files.</summary>
    [InputPath]
    public required string Questions { get; init; }

    /// <summary>Folder of their images; absent: the files' own.</summary>
    [InputPath]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Images { get; init; }

    /// <summary>Put behind each question that does not end in it, as it is.</summary>
    public string Suffix { get; init; } = "";

    /// <summary><c>generation</c>: answers are written, greedily; <c>likelihood</c>: the likeliest of a question's choices.</summary>
    public AnswerBy By { get; init; }

    /// <summary>Of questions that name no options, what is weighed by likelihood.</summary>
    public IReadOnlyList<string> Choices { get; init; } = [];

    /// <summary>How questions are rendered; <c>auto</c> by the model's family.</summary>
    public string Template { get; init; } = TemplateChoice.Auto;

    /// <summary>Most tokens of an answer.</summary>
    public int MaxNewTokens { get; init; } = 128;

    /// <summary>How answers to questions with images are decoded: a method and its settings, as <c>vcd@alpha=0.5</c>; absent: greedily and no more.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Decode { get; init; }

    /// <summary>Most tokens of a batch, padding and answers included.</summary>
    public int TokenBudget { get; init; } = 16384;

    /// <summary>Where the model computes: <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</summary>
    public string Device { get; init; } = ComputeDevice.Cpu;

    public string Kind => "ask";

    /// <summary>Where the answers of a stage lie: what is given as <c>--answers</c>.</summary>
    public static string AnswersIn(string folder) => Path.Combine(folder, Answers) is var many && Directory.Exists(many) ? many : many + Ending;

    public void Check() => Check(Catalogues.BuiltIn);

    public void Check(Catalogues catalogues)
    {
        TemplateChoice.Check(Template, catalogues.Templates);
        DecodingChoice.Parse(Decode, catalogues);
        ComputeDevice.Check(Device);
        Options.Validate();
        OptionCheck.Require(Choices.Distinct(StringComparer.Ordinal).Count() == Choices.Count && Choices.All(c => c.Length > 0), "choices",
            "different texts, none of them empty", string.Join(", ", Choices));
    }

    public double? Memory(StageSizes sizes) => sizes.BytesOf(Model);

    public void CheckGiven(StageSizes sizes) => sizes.CheckGiven(Model, readsImages: true);

    public SortedDictionary<string, string> HashInputs(InputHasher hasher) => HashesOf(hasher, Model, Questions, Read());

    /// <summary>Hashes of a model, of files of questions and of the images that they name.</summary>
    internal static SortedDictionary<string, string> HashesOf(InputHasher hasher, string model, string path, IReadOnlyList<AskedQuestion> questions)
    {
        var hashes = new InputHashes(hasher).Model("model", model);
        foreach (var (i, file) in QuestionFile.Files(path).Index())
        {
            hashes.File($"questions[{i}]", file);
        }

        // What a table holds itself is in its own hash.
        List<(string, string?)> files = [.. questions.SelectMany(q => q.ImageFiles()).DistinctBy(i => i.Path).Select(i => (i.Name, (string?)i.Path))];
        return files.Count > 0 ? hashes.Add("images", hasher.OfFiles("images", files)).ByRole : hashes.ByRole;
    }

    public bool IsIntact(string folder) => File.Exists(AnswersIn(folder)) || Directory.Exists(AnswersIn(folder));

    public JsonObject Run(StageContext context)
    {
        var questions = Read();
        var (method, tokenizer) = (DecodingChoice.Parse(Decode, context.Catalogues), ModelFit.Tokenizer(Model));
        using var model = ModelFolder.Load(Model, new LoadOptions { Mapped = true, Device = context.Device, Memory = context.MemoryLimit });
        var encoder = new SampleEncoder(tokenizer, TemplateChoice.ForModel(Template, Model, tokenizer, context.Catalogues.Templates));
        var template = encoder.Templates.Conversation;
        int?[] ends = [encoder.EndIdOf(template), tokenizer.EosId, .. EndIds.Read(Model)];
        var setting = new JsonObject
        {
            ["template"] = template.Name,
            ["by"] = By.ToString().ToLowerInvariant(),
            ["max_new_tokens"] = By == AnswerBy.Generation ? MaxNewTokens : null,
            ["decode"] = method?.Description,
            ["end_ids"] = new JsonArray([.. ends.OfType<int>().Distinct().Select(e => (JsonNode)e)]),
        };
        var run = new QuestionRun(
            new ModelUnderTest(model, encoder, model.SeesImages ? new ImageProcessor(ModelFit.Processor(Model)) : null) { Method = method },
            Options with { EndIds = [.. ends.OfType<int>().Distinct()], Setting = Hash(context.Inputs, setting) });
        var answers = run.Run(questions, Path.Combine(context.Out, Kept), path => context.Hasher.OfFile(path, RegularFile.MaxImage), context.Progress, context.Stop);
        Write(context.Out, questions, answers);
        setting["questions"] = questions.Count;
        setting["new_tokens"] = answers.Sum(a => a.Answer.NewTokens);
        setting["stops"] = new JsonObject(answers.GroupBy(a => a.Answer.Stop).OrderBy(g => g.Key, StringComparer.Ordinal)
            .Select(g => KeyValuePair.Create(g.Key, (JsonNode?)g.Count())));
        return setting;
    }

    private AskingOptions Options => new() { By = By, MaxNewTokens = MaxNewTokens, TokenBudget = TokenBudget };

    private IReadOnlyList<AskedQuestion> Read() => QuestionFile.Read(Questions, Images, Suffix, Choices);

    // Questions and images are not in it: each answer's key has its own.
    private static string Hash(SortedDictionary<string, string> inputs, JsonObject setting) => ContentHash.OfText(string.Join('\n',
        [.. inputs.Where(i => i.Key.StartsWith("model.", StringComparison.Ordinal)).Select(i => $"{i.Key} {i.Value}"), setting.ToJsonString()]));

    private void Write(string folder, IReadOnlyList<AskedQuestion> questions, IReadOnlyList<(GivenAnswer Answer, string Key)> answers)
    {
        foreach (var file in questions.Zip(answers).GroupBy(p => p.First.File))
        {
            var path = Directory.Exists(Questions)
                ? Path.Combine(folder, Answers, Path.GetFileNameWithoutExtension(file.Key) + Ending) : Path.Combine(folder, Answers + Ending);
            AtomicFile.WriteText(path, string.Concat(file.Select(p => Record(p.First, p.Second.Answer, p.Second.Key).ToJsonString(Line) + "\n")));
        }
    }

    private static JsonObject Record(AskedQuestion question, GivenAnswer answer, string key)
    {
        var record = question.Record.DeepClone().AsObject();
        record["prediction"] = answer.Text;
        record["stop"] = answer.Stop;
        if (answer.LogProbs is { } logProbs)
        {
            record["log_probs"] = new JsonObject(logProbs.Select(p => KeyValuePair.Create(p.Key, (JsonNode?)p.Value)));
        }

        record["key"] = key;
        return record;
    }
}
