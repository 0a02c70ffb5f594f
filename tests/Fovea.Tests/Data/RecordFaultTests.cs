using System.Text;
using Fovea.Core.Errors;
using Fovea.Core.Randomness;
using Fovea.Data.Corpora;
using Xunit;

namespace Fovea.Tests.Data;

/// <summary>What is wrong with one record costs that record; what is wrong with the file is one line.</summary>
public sealed class RecordFaultTests : IDisposable
{
    private const string Good = """{"id":"a","conversations":[{"from":"human","value":"Hi"},{"from":"gpt","value":"Hello \ud83d\udc26."}]}""";
    private readonly string _folder = Directory.CreateTempSubdirectory("fovea-records-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("""{"id":"\ud83d","conversations":[{"from":"human","value":"Hi"},{"from":"gpt","value":"x"}]}""")]
    [InlineData("""{"\ud83d":1,"id":"b","conversations":[{"from":"human","value":"Hi"},{"from":"gpt","value":"x"}]}""")]
    [InlineData("""{"id":"b","note":{"a":["\udc26\ud83d"]},"conversations":[{"from":"human","value":"Hi"},{"from":"gpt","value":"x"}]}""")]
    [InlineData("""{"id":"b","conversations":[{"from":"human","value":"Hi"},{"from":"gpt","value":"x \ud83d\u0041"}]}""")]
    public void Half_a_surrogate_pair_anywhere_makes_its_record_invalid_by_name(string bad)
    {
        var corpus = Open($"[{Good},{bad},{Good}]");
        Assert.Equal([0, 2], corpus.Samples.Select(s => s.Key.Record));
        Assert.Equal((1, "not_unicode"), (Assert.Single(corpus.Invalid).Key.Record, corpus.Invalid[0].Name));
    }

    [Fact]
    public void An_escaped_backslash_before_a_u_is_no_escape()
    {
        Assert.Empty(Open("[" + Good.Replace("Hi", @"\\ud83d", StringComparison.Ordinal) + "]").Invalid);
    }

    [Theory]
    [InlineData("NaN")]
    [InlineData("-Infinity")]
    public void A_bare_NaN_costs_one_record_where_its_key_is_read_and_none_elsewhere(string value)
    {
        var unread = Good.Replace("\"a\"", $"\"NaN \\\" Infinity\",\"score\":{value},\"more\":[1,{value}]", StringComparison.Ordinal);
        var read = Good.Replace("\"id\":\"a\"", $"\"image\":{value}", StringComparison.Ordinal);
        var label = Good.Replace("\"a\"", value, StringComparison.Ordinal);
        var corpus = Open($"[{unread},{read},{Good},{label},{value}]");
        Assert.Equal([0, 2], corpus.Samples.Select(s => s.Key.Record));
        Assert.Equal("NaN \" Infinity", corpus.Samples[0].Id);
        Assert.Equal([1, 3, 4], corpus.Invalid.Select(i => i.Key.Record));
        Assert.All(corpus.Invalid, i => Assert.Contains("NaN or Infinity", i.Reason, StringComparison.Ordinal));
    }

    [Fact]
    public void A_key_that_is_given_twice_is_a_fault_wherever_it_is()
    {
        var corpus =
            Open($"[{Good.Replace("\"id\"", "\"id\":\"b\",\"id\"", StringComparison.Ordinal)},{Good.Replace("\"from\":\"gpt\"", "\"from\":\"gpt\",\"\\u0066rom\":\"gpt\"", StringComparison.Ordinal)},{Good}]");
        Assert.Equal(["duplicate_key", "duplicate_key"], corpus.Invalid.Select(i => i.Name));
        Assert.Contains("\"id\"", corpus.Invalid[0].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_record_that_is_too_large_or_too_deep_is_passed_over_by_name()
    {
        var large = Good.Replace("Hi", new string('w', (8 << 20) + 1), StringComparison.Ordinal);
        var deep = Good.Replace("\"a\"", $"\"a\",\"x\":{new string('[', 70)}{new string(']', 70)}", StringComparison.Ordinal);
        foreach (var form in new[] { $"[{large},{deep},{Good}]", $"{large}\n{deep}\n{Good}\n" })
        {
            var corpus = Open(form);
            Assert.Equal(["too_large", "too_deep"], corpus.Invalid.Select(i => i.Name));
            Assert.Equal(2, Assert.Single(corpus.Samples).Key.Record);
        }
    }

    [Fact]
    public void Latin_1_is_said_of_the_record_and_wider_units_of_the_file()
    {
        File.WriteAllBytes(Data, Encoding.Latin1.GetBytes($"[{Good},{Good.Replace("Hi", "Köln", StringComparison.Ordinal)}]"));
        var corpus = LlavaJsonCorpus.Open(Data, _folder, int.MaxValue);
        Assert.Contains("byte 0xF6 is not UTF-8 (looks like Latin-1", Assert.Single(corpus.Invalid).Reason, StringComparison.Ordinal);
        Encoding[] wide = [new UnicodeEncoding(false, true), new UnicodeEncoding(true, true), new UnicodeEncoding(false, false),
            new UnicodeEncoding(true, false), new UTF32Encoding(false, true), new UTF32Encoding(true, false)];
        foreach (var encoding in wide)
        {
            File.WriteAllText(Data, $"[{Good}]", encoding);
            var name = encoding is UTF32Encoding ? "UTF-32" : "UTF-16";
            Assert.Contains($"not UTF-8 (looks like {name})", Refusal(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("PAR1\u0015\u0004", "Parquet")]
    [InlineData("<!DOCTYPE html>", "HTML")]
    [InlineData("version https://git-lfs.github.com/spec/v1", "Git LFS")]
    [InlineData("[{\"id\": 1},]", "not valid JSON")]
    [InlineData("[{\"id\": undefined}]", "not valid JSON")]
    [InlineData("[{'id': 1}]", "not valid JSON")]
    [InlineData("{\"a\":1} ]", "not valid JSON")]
    public void What_is_no_JSON_is_one_line_that_says_what_it_looks_like(string text, string said)
    {
        File.WriteAllText(Data, text);
        Assert.Contains(said, Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_cut_anywhere_is_one_line()
    {
        var whole = Encoding.UTF8.GetBytes($"[{Good}, {Good.Replace("Hi", "é", StringComparison.Ordinal)}]");
        for (var length = 0; length < whole.Length; length++)
        {
            File.WriteAllBytes(Data, whole[..length]);
            Assert.DoesNotContain('\n', Refusal());
        }
    }

    [Fact]
    public void Whatever_the_bytes_are_there_are_samples_invalid_records_or_one_line()
    {
        string[] pieces = ["{", "}", "[", "]", "\"", "\\", ",", ":", "NaN", "\\ud83d", "null", "1e9", "\"id\"", "\"image\"", "\"images\"", "\"messages\"",
            "\"role\"", "\"content\"", "\"type\"", "\"annotations\""];
        for (var i = 0; i < 1500; i++)
        {
            var random = new RandomSource(5, "fuzz", i);
            var bytes = Encoding.UTF8.GetBytes($"[{Good},\n{Good.Replace("Hi", "é \\u00e9", StringComparison.Ordinal)}]").ToList();
            for (var change = 0; change <= random.Next(4); change++)
            {
                var at = random.Next(bytes.Count);
                switch (random.Next(3))
                {
                    case 0:
                        bytes[at] = (byte)random.Next(256);
                        break;
                    case 1:
                        bytes.RemoveAt(at);
                        break;
                    default:
                        bytes.InsertRange(at, Encoding.UTF8.GetBytes(pieces[random.Next(pieces.Length)]));
                        break;
                }
            }

            File.WriteAllBytes(Data, [.. bytes]);
            Survive(() => LlavaJsonCorpus.Open(Data, _folder, int.MaxValue));
            Survive(() => CocoCaptionsCorpus.Open(Data, _folder, int.MaxValue));
        }
    }

    [Theory]
    [InlineData(300)]
    [InlineData(900)]
    public void However_long_the_path_of_the_file_is_a_record_keeps_its_reason(int length)
    {
        var folder = _folder;
        while (folder.Length < length)
        {
            folder = Path.Combine(folder, new string('d', Math.Min(200, Math.Max(1, length - folder.Length - 1))));
        }

        var file = Path.Combine(Directory.CreateDirectory(folder).FullName, "data.json");
        File.WriteAllText(file,
            $"[{Good},{Good.Replace("\"gpt\"", "\"human\"", StringComparison.Ordinal)},{Good.Replace("\"id\"", "\"image\":\"../x.png\",\"id\"", StringComparison.Ordinal).Replace("Hi", "<image>", StringComparison.Ordinal)}]");
        var invalid = LlavaJsonCorpus.Open(file, folder, int.MaxValue).Invalid;
        Assert.Equal(["role_order", "image"], invalid.Select(i => i.Name));
        Assert.DoesNotContain(invalid, i => i.Reason.Contains("data.json", StringComparison.Ordinal));
        Assert.StartsWith("no_target: ", new InvalidInputException(file, 3, "no_target: none\u0007\nis left").Reason, StringComparison.Ordinal);
        Assert.Equal("no_target: none? is left", new InvalidInputException("a\u0007b", 3, "no_target: none\u0007\nis left").Reason);
    }

    [Fact]
    public void COCO_keeps_to_the_same_rules()
    {
        File.WriteAllText(Data, """
            {"info": {"contributor": NaN}, "annotations": [{"id": 1, "image_id": 1, "caption": "a heron"}, {"id": 2, "image_id": 1, "caption": "a gull \ude00"}, {"\ude00x": 1, "id": 3, "image_id": 1, "caption": "a tern"},
             {"id": 4, "image_id": 1, "caption": NaN}, {"id": 5, "image_id": 1, "caption": "a crow", "score": NaN}, {"id": 6, "image_id": 2, "caption": "x"}],
             "images": [{"id": 1, "file_name": "a.png", "license": NaN}, {"id": 2, "file_name": "\ud800.png"}]}
            """);
        var corpus = CocoCaptionsCorpus.Open(Data, _folder, int.MaxValue);
        Assert.Equal(["1", "5"], corpus.Samples.Select(s => s.Id));
        Assert.Equal([1, 2, 3, 5], corpus.Invalid.Select(i => i.Key.Record));
        Assert.Contains("images[1]: not_unicode", corpus.Invalid[3].Reason, StringComparison.Ordinal);
    }

    private string Data => Path.Combine(_folder, "data.json");

    private LlavaJsonCorpus Open(string json)
    {
        File.WriteAllText(Data, json);
        return LlavaJsonCorpus.Open(Data, _folder, int.MaxValue);
    }

    private string Refusal() => Assert.Throws<InvalidInputException>(() => LlavaJsonCorpus.Open(Data, _folder, int.MaxValue)).Message;

    private static void Survive(Action open)
    {
        try
        {
            open();
        }
        catch (InvalidInputException e)
        {
            Assert.DoesNotContain('\n', e.Message);
        }
    }
}
