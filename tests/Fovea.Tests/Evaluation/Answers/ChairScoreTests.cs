using System.Text.Json.Nodes;
using Fovea.Core.Errors;
using Fovea.Evaluation.Answers;
using Fovea.Evaluation.Answers.Chair;
using Fovea.Evaluation.Answers.Rules;
using Xunit;

namespace Fovea.Tests.Evaluation.Answers;

public sealed class ChairScoreTests : IDisposable
{
    private const string Synonyms = "data/chair/LisaAnne_Hallucination/synonyms.txt", Expected = "data/chair/Maxlinn_CHAIR/outputs.json",
        Objects = "data/chair/Maxlinn_CHAIR/gt_objects_all123287.json.gz", Captions = "data/pope/AoiDragon_POPE/caption_data";

    private readonly AnswerFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public void Every_word_and_object_of_the_original_codes_output_is_found()
    {
        var objects = new CocoObjects(TestData.Find(Synonyms));
        foreach (var sentence in JsonNode.Parse(File.ReadAllText(TestData.Find(Expected)))!["sentences"]!.AsArray())
        {
            var caption = sentence!["caption"]!.GetValue<string>();
            Assert.Equal(sentence["words"]!.AsArray().Select(w => w!.GetValue<string>()), CocoObjects.WordsOf(caption));
            Assert.Equal(sentence["mscoco_generated_words"]!.AsArray().Select(w => w!.GetValue<string>()), objects.Mentions(caption));
        }

        var score = Score(TestData.Find(Expected), TestData.Find(Objects));
        Assert.Equal((0, 0, 6 / 7.0, 2), Figures(score));
    }

    // CHAIR of the POPE paper (Li et al. 2023, table 1) on its 2,000 images, in per cent as printed.
    [Theory]
    [InlineData("Instruction1_llava.json", 62.7, 18.8)]
    [InlineData("Instruction2_llava.json", 32.7, 10.5)]
    [InlineData("Instruction1_instructblip.json", 3.4, 2.5)]
    [InlineData("Instruction2_instructblip.json", 3.7, 2.6)]
    public void Published_figures_of_real_captions_are_met_to_the_printed_digit(string file, double chairS, double chairI)
    {
        var (s, i, _, n) = Figures(Score(TestData.Find($"{Captions}/{file}"), TestData.Find(Objects)));
        Assert.Equal(2000, n);
        Assert.Equal(chairS, (double)Math.Round((decimal)(100 * s), 1, MidpointRounding.AwayFromZero));
        Assert.Equal(chairI, (double)Math.Round((decimal)(100 * i), 1, MidpointRounding.AwayFromZero));
    }

    [Theory]
    [InlineData("Two dogs, a hot dog and a bow tie.", "dog", "hot dog", "tie")]
    [InlineData("Hot dogs and traffic lights", "hot dog", "traffic light")]
    [InlineData("a baby elephant and a baby", "elephant", "person")]
    [InlineData("a passenger train beside train tracks", "train")]
    [InlineData("the seat of the toilet", "toilet")]
    [InlineData("a toilet seat", "toilet")]
    [InlineData("a seat", "chair")]
    [InlineData("wine glasses and a wine glass", "wine glass", "wine glass")]
    [InlineData("a bus and two buses", "bus")]
    [InlineData("a cat, a cat and the cat's bowl", "cat", "cat", "cat", "bowl")]
    [InlineData("a motor bike", "")]
    [InlineData("a motor cycle", "motorcycle")]
    [InlineData("A dog.Another dog.", "dog")]
    [InlineData("He said \"a dog.\" Then a cat (and a cow).", "dog", "cat", "cow")]
    [InlineData("people; women/men", "person")]
    [InlineData("", "")]
    public void Objects_are_mentioned_as_often_as_their_words_occur(string caption, params string[] expected) =>
        Assert.Equal(expected.Where(e => e.Length > 0), new CocoObjects(TestData.Find(Synonyms)).Mentions(caption));

    [Theory]
    [InlineData("women", "woman")]
    [InlineData("children", "child")]
    [InlineData("knives", "knife")]
    [InlineData("sheep", "sheep")]
    [InlineData("scissors", "scissors")]
    [InlineData("skis", "ski")]
    [InlineData("glass", "glas")]
    [InlineData("is", "is")]
    [InlineData("ties", "ty")]
    [InlineData("mice", "mouse")]
    [InlineData("mothers-in-law", "mother-in-law")]
    [InlineData("dogs'", "dog's")]
    [InlineData("'s", "'")]
    [InlineData("bases", "basis")]
    [InlineData("cookies", "cookies")]
    [InlineData("hour", "hmy")]
    public void Singulars_are_those_of_pattern_with_its_slips(string plural, string singular) => Assert.Equal(singular, Singular.Of(plural));

    // As NLTK's documentation and tests give them.
    [Theory]
    [InlineData("don't stop.", "do", "n't", "stop", ".")]
    [InlineData("the dog's bowl", "the", "dog", "'s", "bowl")]
    [InlineData("good muffins cost $3.88 (roughly 3,36 euros)", "good", "muffins", "cost", "$", "3.88", "(", "roughly", "3,36", "euros", ")")]
    [InlineData("one, two -- three... four", "one", ",", "two", "--", "three", "...", "four")]
    [InlineData("\"a\" 'b' cannot", "``", "a", "''", "'", "b", "'", "can", "not")]
    [InlineData("end. begin? yes!", "end", ".", "begin", "?", "yes", "!")]
    [InlineData("a.b is left", "a.b", "is", "left")]
    public void Words_are_those_of_NLTK(string text, params string[] words) => Assert.Equal(words, WordTokenizer.Words(text));

    [Fact]
    public void A_table_counted_by_hand_gives_its_figures()
    {
        // 1: dog, dog, cat of {dog, cow}: 1 of 3 wrong. 2: nothing of {car}. 3: two cats of {}: both wrong.
        var captions = _files.Write("captions.jsonl", "{\"image_id\":1,\"caption\":\"A dog, a dog and a cat.\"}",
            "{\"image\":\"COCO_val2014_000000000002.jpg\",\"text\":\"Nothing.\"}", "{\"image_id\":\"3\",\"caption\":\"Two cats on a cat\"}");
        var objects = _files.Write("objects.json", "{\"1\":[\"dog\",\"cow\"],\"2\":[\"car\"],\"3\":[]}");
        Assert.Equal((2 / 3.0, 3 / 5.0, 1 / 3.0, 3), Figures(Score(captions, objects)));
    }

    [Fact]
    public void Nothing_mentioned_has_no_share_of_mentions()
    {
        var score = Score(_files.Write("c.jsonl", "{\"image_id\":1,\"caption\":\"\"}"), _files.Write("o.json", "{\"1\":[\"dog\"]}"));
        Assert.Null(score.Document["chair_i"]);
        Assert.Equal(0, score.Document["chair_s"]!.GetValue<double>());
    }

    [Fact]
    public void Objects_come_from_COCOs_own_annotations_too()
    {
        _files.Write("coco/instances_val2014.json", "{\"annotations\":[{\"image_id\":1,\"category_id\":17}],\"categories\":[{\"id\":17,\"name\":\"cat\"}]}");
        _files.Write("coco/captions_val2014.json", "{\"annotations\":[{\"image_id\":1,\"caption\":\"A puppy on a sofa\"}]}");
        var score = Score(_files.Write("c.json", "{\"imgToEval\":{\"1\":{\"image_id\":1,\"caption\":\"a cat, a dog, a bed\"}}}"), Path.Combine(_files.Folder, "coco"));
        Assert.Equal((1, 1 / 3.0, 2 / 3.0, 1), Figures(score));
    }

    [Theory]
    [InlineData("record 0: image 7 has no objects", "{\"image_id\":7,\"caption\":\"a\"}", "{\"1\":[\"dog\"]}")]
    [InlineData("record 0: has no caption; expected one of the keys caption,", "{\"image_id\":1}", "{\"1\":[\"dog\"]}")]
    [InlineData("expected the number of a COCO image, or a file name that ends in it", "{\"image_id\":\"cat\",\"caption\":\"a\"}", "{\"1\":[\"dog\"]}")]
    [InlineData("'unicorn' is not in the list of synonyms", "{\"image_id\":1,\"caption\":\"a\"}", "{\"1\":[\"unicorn\"]}")]
    public void What_cannot_be_scored_is_named(string message, string caption, string objects)
    {
        var error = Assert.Throws<InvalidInputException>(() => Score(_files.Write("c.jsonl", caption), _files.Write("o.json", objects)));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    private static AnswerScore Score(string captions, string objects) =>
        AnswerFiles.Score("chair", "", ("captions", captions), ("objects", objects), ("synonyms", TestData.Find(Synonyms)));

    private static (double S, double I, double Recall, int N) Figures(AnswerScore score) => (score.Document["chair_s"]!.GetValue<double>(),
        score.Document["chair_i"]!.GetValue<double>(), score.Document["recall"]!.GetValue<double>(), score.Document["n"]!.GetValue<int>());
}
