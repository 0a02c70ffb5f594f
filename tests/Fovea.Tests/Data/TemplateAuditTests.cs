using Fovea.Cli.Terminal;
using Fovea.Core.Errors;
using Fovea.Core.Samples;
using Fovea.Data.Auditing;
using Fovea.Data.Corpora;
using Fovea.Data.Templates;
using Spectre.Console;
using Xunit;

namespace Fovea.Tests.Data;

/// <summary>What <c>fovea data audit</c> counts and shows.</summary>
public sealed class TemplateAuditTests : IDisposable
{
    private const string Records = """
        [{"id": "talk", "image": "a.jpg", "conversations": [{"from": "human", "value": "<image>\nWhat?"}, {"from": "gpt", "value": "Two [red]\ncups."}]},
         {"id": "caption", "image": "a.jpg", "conversations": [{"from": "human", "value": "<image>"}, {"from": "gpt", "value": "A dog."}]},
         {"id": "lost", "image": "b.jpg", "conversations": [{"from": "human", "value": "<image>"}, {"from": "gpt", "value": "A cat."}]},
         {"id": "cut", "conversations": [{"from": "human", "value": "Hi"}]},
         {"id": "escape", "image": "../a.jpg", "conversations": [{"from": "human", "value": "<image>"}, {"from": "gpt", "value": "x"}]},
         {"id": "forged", "image": "a.jpg", "conversations": [{"from": "human", "value": "<im<image>age> what?"}, {"from": "gpt", "value": "x"}]},
         {"id": "none"}]
        """;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fovea-audit-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Every_record_is_counted_once_as_valid_or_by_its_reason()
    {
        var audit = Audit(samples: 9, seed: 0);
        Assert.Equal((7, 2, 2L), (audit.Records, audit.Valid, audit.Images));
        Assert.Equal(["image 2", "image_count 1", "malformed 1", "role_order 1"], audit.Invalid.Select(i => $"{i.Reason} {i.Count}"));
        Assert.Equal(audit.Records - audit.Valid, audit.Invalid.Sum(i => i.Count));
        Assert.Equal(["llava_plain 1", "llava_v1 1"], audit.Templates.Select(t => $"{t.Key} {t.Value}"));
        Assert.Equal(audit.Samples.Sum(s => (long)s.Sample.InputIds.Length), audit.Tokens);
        Assert.Equal(audit.Samples.Sum(s => (long)s.Sample.TargetIndices.Length), audit.Targets);
        Assert.Equal(audit.Samples.Max(s => s.Sample.InputIds.Length), audit.LongestSample);
    }

    [Fact]
    public void The_same_seed_shows_the_same_samples_and_marking_changes_no_token()
    {
        var (first, again) = (Audit(1, seed: 3), Audit(1, seed: 3));
        Assert.Equal(first.Samples.Select(s => s.Sample.Key), again.Samples.Select(s => s.Sample.Key));
        var seen = Enumerable.Range(0, 20).Select(s => Audit(1, s).Samples[0].Sample.Id).Distinct();
        Assert.Equal(["caption", "talk"], seen.Order());
        Assert.All(Audit(9, 0).Samples, s =>
        {
            Assert.Equal(s.Sample.InputIds, s.Tokens.Select(t => t.Id));
            Assert.Equal(s.Sample.TargetIndices, s.Tokens.Index().Where(t => t.Item.CarriesLoss).Select(t => t.Index));
        });
    }

    [Theory]
    [InlineData("tiny_llama", "llava_v1")]
    [InlineData("tiny_qwen", "chatml")]
    [InlineData("tiny_mistral", "mistral_instruct")]
    [InlineData("tiny_mistral", "solo")]
    public void Marked_tokens_spell_the_answers_and_their_ends(string tokenizer, string template)
    {
        var marked = new SampleEncoder(Fixture.Tokenizer(tokenizer), TemplateChoice.Parse(template)).Mark(Fixture.Sample([],
            (Role.Human, "One [x]?"), (Role.Assistant, "Two café 図."), (Role.Human, "So?"), (Role.Assistant, "No.")));
        var end = ChatTemplate.ByName(template).EndText;
        var loss = string.Concat(marked.Tokens.Where(t => t.CarriesLoss && !t.Text.StartsWith("<0x", StringComparison.Ordinal) && t.Text != "\uFFFD")
            .Select(t => t.Text));
        Assert.Contains("Two café 図.", loss, StringComparison.Ordinal);
        Assert.EndsWith($".{end}", loss, StringComparison.Ordinal);
        Assert.DoesNotContain("One", loss, StringComparison.Ordinal);
        Assert.DoesNotContain("So?", loss, StringComparison.Ordinal);
    }

    [Fact]
    public void In_plain_text_tokens_with_loss_stand_in_brackets_and_control_characters_are_spelt_out()
    {
        Assert.Equal("[ dog]", AuditText.Bracketed(new MarkedToken(5, " dog", true)));
        Assert.Equal(" dog", AuditText.Bracketed(new MarkedToken(5, " dog", false)));
        Assert.Equal("[[[x]]]", AuditText.Bracketed(new MarkedToken(5, "[x]", true)));
        Assert.Equal("\\u001b\\n\n", AuditText.Bracketed(new MarkedToken(5, "\u001b\n", false)));
    }

    [Fact]
    public void The_report_shows_samples_counts_and_reasons()
    {
        using var text = new StringWriter();
        var console =
            AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors, Out = new AnsiConsoleOutput(text) });
        console.Profile.Width = 200;
        AuditReport.Show(console, Audit(9, 0));
        var report = text.ToString().ReplaceLineEndings("\n");
        Assert.Contains("record 1 · llava_plain · a.jpg", report, StringComparison.Ordinal);
        Assert.Contains("][</s>]\n", report, StringComparison.Ordinal);
        Assert.Contains("records  7, of which 2 valid", report, StringComparison.Ordinal);
        Assert.Contains("invalid  image: 2, first record 2: image \"b.jpg\": not found", report, StringComparison.Ordinal);
    }

    [Fact]
    public void A_reason_with_a_name_is_named_once()
    {
        var file = Path.Combine(_folder.FullName, "half.json");
        File.WriteAllText(file, """[{"id": "\ud83d", "conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "x"}]}]""");
        var audit = CorpusAudit.Of(LlavaJsonCorpus.Open(file, _folder.FullName, int.MaxValue),
            new SampleEncoder(Fixture.Tokenizer("tiny_llama"), TemplateChoice.Parse("auto")), 0, 0, cancel: TestContext.Current.CancellationToken);
        Assert.Equal(new InvalidCount("not_unicode", 1, "record 0: \\ud83d is half of a surrogate pair, which is not valid Unicode"),
            Assert.Single(audit.Invalid));
    }

    [Fact]
    public void Odd_records_are_warned_of_with_counts_and_examples()
    {
        string Record(string id, string answer) =>
            $$"""{"id": "{{id}}", "conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "{{answer}}"}]}""";
        var file = Path.Combine(_folder.FullName, "odd.json");
        File.WriteAllText(file, $"[{Record("a", "")},{Record("b", " \\n")},{Record("a", "x")},{Record("c", "")},{Record("d", "y")}]");
        var audit = CorpusAudit.Of(LlavaJsonCorpus.Open(file, _folder.FullName, int.MaxValue),
            new SampleEncoder(Fixture.Tokenizer("tiny_llama"), TemplateChoice.Parse("auto")), 0, 0, cancel: TestContext.Current.CancellationToken);
        Assert.Equal(["empty_answer 2", "blank_answer 1", "repeated_id 2"], audit.Warnings.Select(w => $"{w.Name} {w.Count}"));
        Assert.Equal(["record 0, turn 1", "record 3, turn 1"], audit.Warnings[0].Examples);
        Assert.Equal(["\"a\": records 0, 2"], audit.Warnings[2].Examples);
        Assert.Equal((5, 5), (audit.Valid, audit.TextOnly));
        Assert.Equal(5, audit.Lengths.Sum(l => l.Count));
        Assert.All(audit.Lengths, l => Assert.Equal(2 * l.From - 1, l.To));
    }

    [Fact]
    public void Every_invalid_record_is_listed_and_shown_with_its_reason_and_text()
    {
        var audit = Audit(0, 0);
        Assert.Equal([2, 3, 4, 5, 6], audit.InvalidRecords.Select(i => i.Key.Record));
        var corpus = LlavaJsonCorpus.Open(Path.Combine(_folder.FullName, "records.json"), _folder.FullName, int.MaxValue);
        var encoder = new SampleEncoder(Fixture.Tokenizer("tiny_llama"), TemplateChoice.Parse("auto"));
        var (lost, cut, good) = (RecordAudit.Of(corpus, encoder, 2), RecordAudit.Of(corpus, encoder, 3), RecordAudit.Of(corpus, encoder, 0));
        Assert.Null(lost.Sample);
        Assert.Contains("b.jpg", lost.Reason!, StringComparison.Ordinal);
        Assert.Contains("\"lost\"", lost.Json!, StringComparison.Ordinal);
        Assert.StartsWith("role_order", cut.Reason, StringComparison.Ordinal);
        Assert.Null(good.Reason);
        Assert.Equal("talk", good.Sample!.Sample.Id);
        Assert.Throws<InvalidInputException>(() => RecordAudit.Of(corpus, encoder, 7));
    }

    [Fact]
    public void One_record_is_decoded_where_all_would_be()
    {
        _ = Audit(0, 0);
        var corpus = LlavaJsonCorpus.Open(Path.Combine(_folder.FullName, "records.json"), _folder.FullName, int.MaxValue);
        var encoder = new SampleEncoder(Fixture.Tokenizer("tiny_llama"), TemplateChoice.Parse("auto"));
        var seen = RecordAudit.Of(corpus, encoder, 0, decode: true);
        Assert.StartsWith("image \"a.jpg\": expected an image", seen.Reason, StringComparison.Ordinal);
        Assert.Equal(CorpusAudit.Of(corpus, encoder, 0, 0, decode: true, TestContext.Current.CancellationToken).InvalidRecords[0].Reason, seen.Reason);
    }

    private CorpusAudit Audit(int samples, long seed)
    {
        var file = Path.Combine(_folder.FullName, "records.json");
        File.WriteAllText(file, Records);
        File.WriteAllBytes(Path.Combine(_folder.FullName, "a.jpg"), [1]);
        var encoder = new SampleEncoder(Fixture.Tokenizer("tiny_llama"), TemplateChoice.Parse("auto"));
        return CorpusAudit.Of(LlavaJsonCorpus.Open(file, _folder.FullName, int.MaxValue), encoder, samples, seed);
    }
}
