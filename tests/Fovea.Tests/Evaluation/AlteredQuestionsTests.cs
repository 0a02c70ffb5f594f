using System.Text.Json.Nodes;
using Fovea.Core.Errors;
using Fovea.Core.Randomness;
using Fovea.Core.Samples;
using Fovea.Data.Images;
using Fovea.Evaluation.Analyses;
using Fovea.Evaluation.Asking;
using Fovea.Evaluation.Running;
using Fovea.Tests.Evaluation.Answers;
using Fovea.Torch;
using Xunit;

namespace Fovea.Tests.Evaluation;

public sealed class AlteredQuestionsTests : IDisposable
{
    private readonly AnswerFiles _files = new();

    public AlteredQuestionsTests() => TorchRuntime.Start(1);

    public void Dispose() => _files.Dispose();

    [Fact]
    public void Blind_questions_keep_their_ids_and_lose_their_images()
    {
        var record = Assert.Single(Altered(Alteration.Blind, """{"question_id":7,"image":"a.png","text":"<image>\nIs there a dog?","label":"yes"}"""));
        Assert.Equal("""{"question_id":7,"text":"Is there a dog?","label":"yes"}""", record.Record.ToJsonString());
        Assert.Empty(record.Sample.Images);
    }

    [Fact]
    public void Blurred_questions_name_blurred_images_of_the_same_size()
    {
        var record = Assert.Single(Altered(Alteration.Blurred, """{"question_id":7,"image":"a.png","text":"Is there a dog?"}"""));
        var image = record.Corpus.LoadImage(record.Sample, 0);
        Assert.Equal((8, 6), (image.Width, image.Height));
        Assert.InRange(image.Pixels.Max() - image.Pixels.Min(), 0, 90); // black beside white, before
        Assert.Equal("a.png.png", Assert.Single(record.Sample.Images));
    }

    [Fact]
    public void Corrupted_text_has_its_words_first_and_last_letters_and_all_others_in_some_order()
    {
        const string Text = "Is there an elephant standing beside another wonderful motorcycle in the photograph?";
        var corrupted = AlteredQuestions.Corrupted(Text, new RandomSource(1, "test"));
        Assert.NotEqual(Text, corrupted);
        Assert.Equal(corrupted, AlteredQuestions.Corrupted(Text, new RandomSource(1, "test")));
        var pairs = Text.Split(' ').Zip(corrupted.Split(' ')).ToArray();
        Assert.All(pairs, p => Assert.Equal((p.First[0], p.First.Length, string.Concat(p.First.Order())), (p.Second[0], p.Second.Length, string.Concat(p.Second.Order()))));
        Assert.All(pairs.Where(p => p.First.Length < 4), p => Assert.Equal(p.First, p.Second));
        var many = string.Join(' ', Enumerable.Repeat("abcdef", 2000));
        Assert.InRange(AlteredQuestions.Corrupted(many, new RandomSource(2, "test")).Split(' ').Count(w => w != "abcdef") / 2000.0, 0.27, 0.33);
    }

    [Fact]
    public void Options_are_not_corrupted_and_several_files_keep_their_names()
    {
        Directory.CreateDirectory(Path.Combine(_files.Folder, "both"));
        _files.Write("both/coco_pope_random.json", """{"question_id":1,"image":"a.png","text":"wonderful elephants everywhere"}""");
        _files.Write("both/coco_pope_popular.json", """{"question_id":1,"image":"a.png","question":"which","A":"wonderful elephants everywhere","B":"none"}""");
        var (questions, _) = AlteredQuestions.Write(Path.Combine(_files.Folder, "both"), Images(), Alteration.Corrupted, Path.Combine(_files.Folder, "out"), 3, TestContext.Current.CancellationToken);
        var read = QuestionFile.Read(questions, Images(), "", []);
        Assert.Equal(["coco_pope_popular.jsonl", "coco_pope_random.jsonl"], read.Select(q => q.File));
        Assert.Equal("wonderful elephants everywhere", (string?)read[0].Record["A"]);
        Assert.Equal("a.png", Assert.Single(read[1].Sample.Images));
    }

    [Fact]
    public void Vig_of_right_answers_is_averaged_over_questions_by_file_and_category_and_clustered_by_image()
    {
        var corpus = new GreyCorpus(("51.png", ""), ("51.png", ""), ("102.png", ""), ("", ""));
        JsonObject[] records = [new() { ["answer"] = "1 2", ["category"] = "count" }, new() { ["label"] = "3" }, new() { ["answers"] = new JsonArray("2"), ["category"] = "a/b" }, []];
        AskedQuestion[] questions = [.. corpus.Samples.Zip(records, (s, r) => new AskedQuestion(s, corpus, r, []))];
        var result = VigOfQuestions.Evaluate(new ModelUnderTest(new BrightnessModel(), new DigitEncoder(), new UnitProcessor()), questions, null, TestContext.Current.CancellationToken);
        Assert.Equal(["vig/blur", "vig/none", "vig/none/a-b", "vig/none/count"], result.Metrics.Select(m => m.Name).Where(n => n != "vig/blur/count" && n != "vig/blur/a-b").Order());
        double Gain(int id, float brightness, int before) => BrightnessModel.LogProb(id, brightness, before) - BrightnessModel.LogProb(id, 0, before);
        var none = result.Metrics.First(m => m.Name == "vig/none");
        Assert.Equal(((Gain(1, 0.2f, 1) + Gain(2, 0.2f, 1) + Gain(0, 0.2f, 2)) / 3) + ((Gain(3, 0.2f, 1) + Gain(0, 0.2f, 3)) / 2), none.Numerators[0], 1e-4);
        Assert.Equal([2, 1], none.Denominators);
        Assert.Contains("has no right answer", Assert.Throws<InvalidInputException>(() => VigOfQuestions.Evaluate(
            new ModelUnderTest(new BrightnessModel(), new DigitEncoder(), new UnitProcessor()), [questions[0] with { Record = [] }], null, TestContext.Current.CancellationToken)).Message, StringComparison.Ordinal);
    }

    private IReadOnlyList<AskedQuestion> Altered(Alteration how, params string[] lines)
    {
        var (questions, images) = AlteredQuestions.Write(_files.Write("q.jsonl", lines), Images(), how, Path.Combine(_files.Folder, "out"), 0, TestContext.Current.CancellationToken);
        return QuestionFile.Read(questions, images, "", []);
    }

    private string Images()
    {
        var path = Path.Combine(_files.Folder, "images", "a.png");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        ImageFile.WritePng(path, new RgbImage(8, 6, [.. Enumerable.Range(0, 8 * 6 * 3).Select(i => (byte)(i / 3 % 2 * 255))]));
        return Path.GetDirectoryName(path)!;
    }
}
