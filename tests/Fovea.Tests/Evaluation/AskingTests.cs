using Fovea.Core.Errors;
using Fovea.Core.Samples;
using Fovea.Core.Watching;
using Fovea.Evaluation.Asking;
using Fovea.Evaluation.Running;
using Fovea.Models.Batching;
using Fovea.Models.Families;
using Fovea.Models.Guidance;
using Fovea.Models.Initialisation;
using Fovea.Models.Targets;
using Fovea.Tests.Training;
using Fovea.Torch;
using Xunit;

namespace Fovea.Tests.Evaluation;

/// <summary>Questions to a model's answers: how files are read, and that neither interruption nor batch changes an answer.</summary>
public sealed class AskingTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly DecoderModel _model = ModelPresets.Create(
        "tiny-llava", new PresetVocabulary(16, ImageTokenId: 15), seed: 1, new PresetSizes { InitializerRange = 0.3 });

    public AskingTests() => TorchRuntime.Start(1);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static AskingOptions Options => new() { MaxNewTokens = 5, EndIds = [0], Setting = "a" };

    [Fact]
    public void Questions_are_read_in_the_forms_of_the_fields_tools()
    {
        var image = Write("a.png", "not looked at");
        var asked = QuestionFile.Read(Write("pope.json",
            """
            {"question_id": 1, "image": "a.png", "text": "Is there a cat?", "label": "yes"}
            {"question_id": 2, "image": "a.png", "text": "Is there a dog? One word.", "label": "no"}
            {"question_id": 3, "query": "No image."}
            {"question_id": 4, "images": ["a.png", "a.png"], "question": "Between <image> and <image>?"}
            """), null, " One word.", ["yes", "no"]);
        Assert.Equal(["<image>\nIs there a cat? One word.", "<image>\nIs there a dog? One word.", "No image. One word.", "Between <image> and <image>? One word."],
            asked.Select(q => q.Sample.Turns[0].Text));
        Assert.Equal([1, 1, 0, 2], asked.Select(q => q.Sample.Images.Count));
        Assert.All(asked, q => Assert.Equal(["yes", "no"], q.Choices));
        Assert.Equal("yes", asked[0].Record["label"]!.GetValue<string>());
        Assert.Equal(image, asked[0].Corpus.ImagePath(asked[0].Sample.Key, "a.png"));

        asked = QuestionFile.Read(Write("mmbench.tsv", "index\thint\tquestion\tA\tB\tC\tD\timage\n7\tLook.\tWhich?\tred\tblue\tnan\t\ta.png\n8\tnan\tWhat?\tone\ttwo\tthree\tnan\t\n"),
            null, "\nLetter.", ["never"]);
        Assert.Equal(["<image>\nLook.\nWhich?\nA. red\nB. blue\nLetter.", "What?\nA. one\nB. two\nC. three\nLetter."], asked.Select(q => q.Sample.Turns[0].Text));
        Assert.Equal(["A B", "A B C"], asked.Select(q => string.Join(' ', q.Choices)));
    }

    [Theory]
    [InlineData("""{"image": "a.png"}""", "has no question; expected one of the keys text, question")]
    [InlineData("""{"image": "../a.png", "text": "?"}""", "leaves the image folder")]
    [InlineData("[]", "holds no question")]
    [InlineData("""{"image": "BASE64", "text": "?"}""", "holds an image itself, in base64")]
    public void A_file_that_cannot_be_asked_is_an_error_that_names_it(string text, string expected)
    {
        text = text.Replace("BASE64", new string('A', 4000), StringComparison.Ordinal);
        var error = Assert.Throws<InvalidInputException>(() => QuestionFile.Read(Write("q.jsonl", text), null, "", []));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.Contains("q.jsonl", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_interrupted_run_ends_in_the_answers_of_one_that_was_not()
    {
        var questions = Questions(150);
        var whole = Run(questions, "whole", Options);
        Assert.True(whole.Select(a => a.Answer.Text).Distinct().Count() > 2, "all answers are the same: the case is too easy");
        using var cancel = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => Run(questions, "cut", Options, new After(64, cancel.Cancel), cancel.Token));
        var kept = Directory.GetFiles(Path.Combine(_folder.Path, "cut"));
        Assert.Equal("000000.jsonl", Path.GetFileName(Assert.Single(kept)));
        var written = File.GetLastWriteTimeUtc(kept[0]);
        Assert.Equal(whole.Select(a => (a.Key, a.Answer.Text)), Run(questions, "cut", Options).Select(a => (a.Key, a.Answer.Text)));
        Assert.Equal(written, File.GetLastWriteTimeUtc(kept[0]));
        Assert.Equal(3, Directory.GetFiles(Path.Combine(_folder.Path, "cut")).Length);
    }

    [Fact]
    public void Neither_token_budget_nor_neighbours_change_an_answer()
    {
        var questions = Questions(20);
        var whole = Run(questions, "a", Options).Select(a => a.Answer.Text).ToArray();
        Assert.Equal(whole, Run(questions, "b", Options with { TokenBudget = 1 }).Select(a => a.Answer.Text));
        Assert.Equal(whole.Reverse(), Run([.. questions.Reverse()], "c", Options).Select(a => a.Answer.Text));
    }

    [Fact]
    public void Questions_about_one_image_are_neighbours_and_what_is_kept_of_images_changes_no_bit()
    {
        var corpus = new Greys(130, levels: 2);
        AskedQuestion[] questions = [.. corpus.Samples.Select((s, i) => new AskedQuestion(s, corpus, [], [$"{i}"]))];
        var whole = Run(questions, "kept", Options);
        Assert.Equal(4, corpus.Loads); // one image in the first 64 questions, both in the next, and the second in the rest
        Assert.Equal(whole.Select(a => a.Answer.Text), Run(questions, "not kept", Options with { FeatureBytes = 0 }).Select(a => a.Answer.Text));
        Assert.Equal(2, whole.Select(a => a.Answer.Text).Distinct().Count());
        Assert.All(whole.Index(), a => Assert.Equal(whole[a.Index % 2].Answer.Text, a.Item.Answer.Text));
        Assert.Equal(whole.Select(a => a.Answer.Text), Run([.. questions.Select(q => q with { Choices = [] })], "same", Options).Select(a => a.Answer.Text));
        Assert.Equal(2, File.ReadLines(Directory.GetFiles(Path.Combine(_folder.Path, "same")).Single()).Count()); // two different questions
        foreach (var choices in new[] { new[] { "1", "2", "3" }, ["1 2", "3", "4 5 6"] })
        {
            var weighed = questions.Take(9).Select(q => q with { Choices = choices }).ToArray();
            var likelihood = Options with { By = AnswerBy.Likelihood };
            Assert.Equal(Run(weighed, $"w{choices[0]}", likelihood).Select(a => string.Join(' ', a.Answer.LogProbs!.Values)),
                Run(weighed, $"n{choices[0]}", likelihood with { FeatureBytes = 0 }).Select(a => string.Join(' ', a.Answer.LogProbs!.Values)));
        }
    }

    [Fact]
    public void A_kept_answer_is_taken_under_its_own_key_only()
    {
        var questions = Questions(3);
        var first = Run(questions, "x", Options);
        var file = Path.Combine(_folder.Path, "x", "000000.jsonl");
        File.WriteAllText(file, File.ReadAllText(file).Replace($"\"text\":\"{first[1].Answer.Text}\"", "\"text\":\"kept\"", StringComparison.Ordinal));
        Assert.Contains("kept", Run(questions, "x", Options).Select(a => a.Answer.Text));
        foreach (var other in new Action[]
        {
            () => Run(questions, "x", Options with { Setting = "another model" }),
            () => Run(questions, "x", Options, hashOf: path => path + " changed"),
            () => Run([.. questions.Select(q => q with { Choices = ["1", "2"] })], "x", Options),
        })
        {
            var before = File.ReadAllText(file);
            other();
            Assert.NotEqual(before, File.ReadAllText(file));
        }

        Assert.Equal(first.Select(a => a.Answer.Text), Run(questions, "x", Options).Select(a => a.Answer.Text));
    }

    [Fact]
    public void By_likelihood_the_choice_with_the_largest_sum_of_log_probabilities_is_the_answer()
    {
        foreach (var choices in new[] { new[] { "1", "2", "3" }, ["1 2", "3", "4 5 6"] })
        {
            var questions = Questions(4).Select(q => q with { Choices = choices }).ToArray();
            var found = Run(questions, string.Join('-', choices), Options with { By = AnswerBy.Likelihood });
            foreach (var (question, (answer, _)) in questions.Zip(found))
            {
                var image = new Fill().Rescale(question.Corpus.LoadImage(question.Sample, 0));
                var sums = choices.ToDictionary(c => c, c =>
                {
                    var encoded = new DigitEncoder().Encode(question.Sample with { Turns = [question.Sample.Turns[0], new Turn(Role.Assistant, c)] });
                    var logProbs = TargetLogProbs.Compute(_model, [SampleExpander.Expand(_model, encoded, [image])])[0];
                    return logProbs[..^1].Sum(p => (double)p); // the last target ends the answer
                });
                Assert.Equal(sums.MaxBy(s => s.Value).Key, answer.Text);
                Assert.All(choices, c => Assert.Equal(sums[c], answer.LogProbs![c], 1e-4));
            }
        }
    }

    [Fact]
    public void Choices_that_cannot_be_weighed_are_an_error_that_names_the_question()
    {
        var none = Assert.Throws<InvalidInputException>(() => Run(Questions(1), "n", Options with { By = AnswerBy.Likelihood }));
        Assert.Contains("has no options to weigh by likelihood", none.Message, StringComparison.Ordinal);
        var long_ = Assert.Throws<InvalidInputException>(() => Run([.. Questions(1).Select(q => q with { Choices = ["1 2", "3 4"] })], "l",
            Options with { By = AnswerBy.Likelihood }, method: new VcdMethod()));
        Assert.Contains("choices of several tokens cannot be weighed under decoding by vcd", long_.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_decoding_method_changes_answers_by_either_way()
    {
        var questions = Questions(12).Select(q => q with { Choices = ["1", "2", "3", "4", "5", "6"] }).ToArray();
        foreach (var by in new[] { AnswerBy.Generation, AnswerBy.Likelihood })
        {
            var plain = Run(questions, $"{by}", Options with { By = by });
            var guided = Run(questions, $"{by} guided", Options with { By = by }, method: new VcdMethod { Alpha = 4, Beta = 0 });
            Assert.NotEqual(plain.Select(a => a.Answer.Text), guided.Select(a => a.Answer.Text));
        }
    }

    public void Dispose()
    {
        _model.Dispose();
        _folder.Dispose();
    }

    private IReadOnlyList<(GivenAnswer Answer, string Key)> Run(IReadOnlyList<AskedQuestion> questions, string name, AskingOptions options,
        IProgressSink? progress = null, CancellationToken? stop = null, Func<string, string>? hashOf = null, DecodingMethod? method = null) =>
        new QuestionRun(new ModelUnderTest(_model, new DigitEncoder(), new Fill()) { Method = method }, options)
            .Run(questions, Path.Combine(_folder.Path, name), hashOf ?? (path => path), progress, stop ?? Stop);

    private static AskedQuestion[] Questions(int count)
    {
        var corpus = new Greys(count);
        return [.. corpus.Samples.Select(s => new AskedQuestion(s, corpus, [], []))];
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder.Path, name);
        File.WriteAllText(path, text);
        return path;
    }

    /// <summary>One image of each grey level in turn.</summary>
    private sealed class Greys(int count, int levels = 251) : ICorpus
    {
        public IReadOnlyList<Sample> Samples { get; } = [.. Enumerable.Range(0, count).Select(i => new Sample(
            new SampleKey("greys", i), null, [$"{i * 100 % (100 * levels) % 251}"], [new Turn(Role.Human, "<image>"), new Turn(Role.Assistant, "")]))];

        public int Loads { get; private set; }

        public RgbImage LoadImage(Sample sample, int index)
        {
            Loads++;
            var grey = byte.Parse(sample.Images[index], System.Globalization.CultureInfo.InvariantCulture);
            return new RgbImage(1, 1, [grey, grey, grey]);
        }

        public string ImagePath(SampleKey key, string image) => image;
    }

    /// <summary>30 x 30 pixels of the image's level.</summary>
    private sealed class Fill : IImageProcessor
    {
        public PixelValues Rescale(RgbImage image) => new(3, 30, 30, [.. Enumerable.Repeat(image.Pixels[0] / 64f, 2700)]);

        public PixelValues Normalize(PixelValues unit) => unit;
    }

    private sealed class After(long number, Action act) : IProgressSink
    {
        public void Report(string task, long done, long total, string? note = null)
        {
            if (done >= number)
            {
                act();
            }
        }
    }
}
