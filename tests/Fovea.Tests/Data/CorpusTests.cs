using Fovea.Core.Errors;
using Fovea.Core.Samples;
using Fovea.Data.Corpora;
using Fovea.Data.Images;
using Xunit;

namespace Fovea.Tests.Data;

/// <summary>Corpora keep every record or say which one they could not keep, and why.</summary>
public sealed class CorpusTests : IDisposable
{
    private const string Good = """{"id":"a","image":"x.png","conversations":[{"from":"human","value":"<image>\nWhat?"},{"from":"gpt","value":"Fog."}]}""";
    private const string TextOnly = """{"id":7,"conversations":[{"from":"human","value":"Hi"},{"from":"gpt","value":"Hello."}]}""";
    private const string Bad = """{"id":"b","conversations":[{"from":"gpt","value":"Fog."}]}""";
    private readonly string _folder = Directory.CreateTempSubdirectory("fovea-corpus-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_list_and_JSON_Lines_hold_the_same_samples()
    {
        var (list, lines) = (Open($"[{Good},\n {TextOnly}]"), Open($"{Good}\n{TextOnly}\n"));
        Assert.Equal(2, list.Samples.Count);
        Assert.Equal(list.Samples.Select(s => (s.Key, s.Id, s.Turns[0].Text)), lines.Samples.Select(s => (s.Key, s.Id, s.Turns[0].Text)));
        Assert.Equal(new SampleKey("data.json", 1), list.Samples[1].Key);
        Assert.Equal("7", list.Samples[1].Id);
        Assert.Equal(["x.png"], list.Samples[0].Images);
    }

    [Fact]
    public void Records_longer_than_the_read_buffer_are_read_whole()
    {
        var text = new string('w', 200_000);
        var records = Enumerable.Range(0, 5).Select(i => TextOnly.Replace("Hello.", text + i, StringComparison.Ordinal));
        Assert.Equal(Enumerable.Range(0, 5).Select(i => text + i), Open($"[{string.Join(',', records)}]").Samples.Select(s => s.Turns[1].Text));
    }

    [Theory]
    [InlineData("""[{"id":"a"}]""", 0, "the key \"conversations\" is missing")]
    [InlineData("""[{"conversations":"x"}]""", 0, "conversations: expected a list, got a text (\"x\")")]
    [InlineData("""[{"conversations":[{"from":"human","value":3}]}]""", 0, "conversations[0].value: expected a text, got a number (3)")]
    [InlineData("""[{"image":5,"conversations":[]}]""", 0, "image: expected a file name or a list of file names, got a number (5)")]
    [InlineData("""[17]""", 0, "expected an object, got a number (17)")]
    [InlineData("""[{"conversations":[{"from":"human","value":"\ud800"}]}]""", 0, "not valid Unicode")]
    [InlineData("""[{"conversations":[{"from":"gpt","value":"x"}]}]""", 0, "role_order: ")]
    public void A_record_of_the_wrong_form_is_one_line_with_file_and_record(string json, int record, string reason)
    {
        var error = Assert.Throws<InvalidInputException>(() => Open(json));
        Assert.Equal(record, error.Record);
        Assert.EndsWith("data.json", error.File, StringComparison.Ordinal);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Theory]
    [InlineData("[" + Good + ",{\"id\":")]
    [InlineData("[" + Good + ",")]
    [InlineData("[" + Good)]
    [InlineData(Good + "\n{\"id\": \"b")]
    [InlineData("")]
    public void A_file_cut_short_is_an_error_even_where_bad_records_are_allowed(string json)
    {
        var message = Assert.Throws<InvalidInputException>(() => Open(json, maxInvalid: 99)).Message;
        Assert.True(message.Contains("the JSON is cut short", StringComparison.Ordinal), message);
    }

    [Fact]
    public void Absurd_depth_and_things_behind_the_list_are_errors()
    {
        Assert.Throws<InvalidInputException>(() => Open("[" + new string('[', 100_000)));
        Assert.Throws<InvalidInputException>(() => Open($"[{Good}] {Good}"));
        Assert.Contains("file not found", Assert.Throws<InvalidInputException>(() => LlavaJsonCorpus.Open(Path.Combine(_folder, "none.json"), _folder)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Bad_records_are_listed_up_to_the_limit_and_stop_the_reading_past_it()
    {
        var corpus = Open($"[{Bad},{Good},{Bad}]", maxInvalid: 2);
        Assert.Equal(1, Assert.Single(corpus.Samples).Key.Record);
        Assert.Equal([0, 2], corpus.Invalid.Select(i => i.Key.Record));
        Assert.All(corpus.Invalid, i => Assert.StartsWith("role_order: ", i.Reason, StringComparison.Ordinal));
        Assert.Contains("unusable records: 2, allowed: 1; correct the data, or leave out up to N such records with --max-invalid N",
            Assert.Throws<InvalidInputException>(() => Open($"[{Bad},{Good},{Bad}]", maxInvalid: 1)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../outside.png")]
    [InlineData("/etc/hostname")]
    [InlineData("a/../../outside.png")]
    [InlineData("")]
    public void No_image_name_leaves_the_folder(string name) =>
        Assert.Throws<InvalidInputException>(() => Open($"[{Good.Replace("x.png", name, StringComparison.Ordinal)}]"));

    [Fact]
    public void No_image_is_read_through_a_link_that_leaves_the_folder()
    {
        var outside = Path.Combine(_folder, "outside.png");
        ImageFile.WritePng(outside, new RgbImage(1, 1, [1, 2, 3]));
        File.CreateSymbolicLink(Path.Combine(Images, "x.png"), outside);
        var corpus = Open($"[{Good}]");
        Assert.Contains("symbolic link", Assert.Throws<InvalidInputException>(() => corpus.LoadImage(corpus.Samples[0], 0)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Images_are_looked_for_on_request_and_read_as_written()
    {
        var corpus = Open($"[{TextOnly},{Good}]");
        var missing = Assert.Throws<InvalidInputException>(() => corpus.FindImages(corpus.Samples[1]));
        Assert.Equal((1, true), (missing.Record, missing.Message.Contains("\"x.png\": not found", StringComparison.Ordinal)));
        var picture = new RgbImage(3, 2, [.. Enumerable.Range(0, 18).Select(i => (byte)(i * 13))]);
        ImageFile.WritePng(Path.Combine(Images, "x.png"), picture);
        corpus.FindImages(corpus.Samples[1]);
        Assert.Equal(picture.Pixels, corpus.LoadImage(corpus.Samples[1], 0).Pixels);
    }

    [Fact]
    public void COCO_captions_split_by_photograph()
    {
        var file = Path.Combine(_folder, "captions.json");
        File.WriteAllText(file, """
            {"images":[{"id":9,"file_name":"b.jpg"},{"id":5,"file_name":"a.jpg"},{"id":1,"file_name":"none.jpg"}],
             "annotations":[{"id":30,"image_id":5,"caption":" A cat.\n"},{"id":31,"image_id":9,"caption":"A dog."},{"id":32,"image_id":5,"caption":"Cats."}]}
            """);
        var corpus = CocoCaptionsCorpus.Open(file, Images);
        Assert.Equal(["A cat.", "A dog.", "Cats."], corpus.Samples.Select(s => s.Turns[1].Text));
        Assert.Equal([9L, 5L], corpus.ImageGroups.Select(g => g.ImageId));
        Assert.Equal(["31"], corpus.OfGroups(corpus.ImageGroups.Take(1)).Samples.Select(s => s.Id));
        Assert.Equal([0, 2], corpus.OfGroups(corpus.ImageGroups.Skip(1)).Samples.Select(s => s.Key.Record));
        File.WriteAllText(file, """{"images":[],"annotations":[{"id":1,"image_id":2,"caption":"x"}]}""");
        Assert.Contains("image_id 2 is not among", Assert.Throws<InvalidInputException>(() => CocoCaptionsCorpus.Open(file, Images)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void COCO_captions_may_come_before_their_images()
    {
        var file = Path.Combine(_folder, "captions.json");
        const string Photographs = """ "images":[{"id":9,"file_name":"b.jpg"},{"id":5,"file_name":"a.jpg"}]""", Captions =
            """ "annotations":[{"id":30,"image_id":5,"caption":"A cat."},{"id":31,"image_id":7,"caption":"x"}]""";
        foreach (var json in (string[])[$"{{{Photographs},{Captions}}}", $"{{{Captions},{Photographs}}}"])
        {
            File.WriteAllText(file, json);
            var corpus = CocoCaptionsCorpus.Open(file, Images, int.MaxValue);
            Assert.Equal([("30", "a.jpg")], corpus.Samples.Select(s => (s.Id!, s.Images[0])));
            Assert.Equal("annotation: image_id 7 is not among the file's images", Assert.Single(corpus.Invalid).Reason);
            Assert.Equal([5L], corpus.ImageGroups.Select(g => g.ImageId));
        }

        File.WriteAllText(file, $"{{{Captions}}}");
        Assert.Contains("the key \"images\" is missing", Assert.Throws<InvalidInputException>(() => CocoCaptionsCorpus.Open(file, Images)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Real_files_hold_the_counted_records()
    {
        var counts = Fixture.Json("fixtures/data_counts.json");
        var llava = LlavaJsonCorpus.Open(TestData.Find("data/llava_json/LLaMA-Factory/llava_instruct_100.json"), _folder);
        var expected = counts.GetProperty("llava_json").GetProperty("llava_json/LLaMA-Factory/llava_instruct_100.json");
        Assert.Equal(expected.GetProperty("records").GetInt32(), llava.Samples.Count);
        Assert.Equal(expected.GetProperty("turns").GetInt32(), llava.Samples.Sum(s => s.Turns.Count));
        var coco = CocoCaptionsCorpus.Open(TestData.Find("data/coco/captions_subset_permissive.json"), TestData.Find("data/coco/images_permissive"));
        Assert.Equal(counts.GetProperty("coco").GetProperty("captions").GetProperty("annotations").GetInt32(), coco.Samples.Count);
        Assert.Equal(counts.GetProperty("coco").GetProperty("captions").GetProperty("images").GetInt32(), coco.ImageGroups.Count);
        Assert.All(coco.Samples, coco.FindImages);
    }

    private string Images => Directory.CreateDirectory(Path.Combine(_folder, "images")).FullName;

    private LlavaJsonCorpus Open(string json, int maxInvalid = 0)
    {
        var file = Path.Combine(_folder, "data.json");
        File.WriteAllText(file, json);
        return LlavaJsonCorpus.Open(file, Images, maxInvalid);
    }
}
