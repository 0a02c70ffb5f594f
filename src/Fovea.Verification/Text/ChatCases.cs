using Fovea.Data.Templates;
using Fovea.Models.Batching;
using Fovea.Verification.Checks;
using Fovea.Verification.Fixtures;

namespace Fovea.Verification.Text;

/// <summary>Conversations through chat templates: the text and its targets, the ids and their labels, image expansion, truncation.</summary>
internal static class ChatCases
{
    private const string Kind = "chat";

    public static IEnumerable<FoundCase> Find(TextFixture file)
    {
        var samples = file.Json.List("conversations").Select(c => c.Need("record")).ToDictionary(r => r.Text("id"), r => r);
        Sample Sample(string id) => TextFixture.Sample(samples.TryGetValue(id, out var record)
            ? record : throw new ReferenceException($"no conversation is called {id}"));
        foreach (var template in file.Json.Need("renderings").EnumerateObject())
        {
            foreach (var rendering in template.Value.EnumerateObject())
            {
                yield return new FoundCase($"{file.Name}/{template.Name}/{rendering.Name}", Kind,
                    checks => Render(checks, template.Name, Sample(rendering.Name), rendering.Value));
            }
        }

        foreach (var c in file.Json.List("cases"))
        {
            yield return new FoundCase(NameOf(file, c), Kind, checks => Encode(file, checks, Sample(c.Text("conversation")), c));
        }

        foreach (var c in file.Json.Try("truncation") is null ? [] : file.Json.List("truncation"))
        {
            yield return new FoundCase(NameOf(file, c) + "/truncation", Kind, checks => Truncate(file, checks, Sample(c.Text("conversation")), c));
        }

        foreach (var own in file.Json.Try("own_chat_templates")?.EnumerateObject().ToList() ?? [])
        {
            yield return new FoundCase($"{file.Name}/{own.Name}/own_chat_template", Kind,
                checks => checks.Measure("template", () => OwnTemplate(file, own.Name, own.Value.GetString() ?? "")));
        }
    }

    private static string NameOf(TextFixture file, JsonElement c) => $"{file.Name}/{c.Text("tokenizer")}/{c.Text("template")}/{c.Text("conversation")}";

    private static void Render(CheckList checks, string templateName, Sample sample, JsonElement expected)
    {
        var template = ChatTemplate.ByName(templateName);
        if (expected.Try("error") is not null && expected.Text("error") is var error && error != "no_target")
        {
            checks.Measure("error", () => Refused(error, () => template.Render(sample)));
            return;
        }

        var chat = template.Render(sample);
        checks.Measure("text", () => Difference.Same(expected.Text("text"), chat.Text));
        checks.Measure("targets", () => Difference.Exact<(int, int)>(
            expected.Ranges(expected.Try("targets_utf16") is null ? "targets" : "targets_utf16"), [.. chat.Targets().Select(t => (t.Start, t.End))]));
        checks.Measure("prompt", () => Difference.Same(expected.Text("prompt"), template.Render(sample, sample.Turns.Count - 1).Text));
        checks.Measure("add_special_tokens", () => Difference.Same(expected.Flag("add_special_tokens"), template.AddsSpecialTokens));
        if (expected.Try("segments") is not null)
        {
            checks.Measure("segments", () => Difference.Exact<string?>([.. expected.List("segments").Select(s => s.GetString())], [.. chat.Segments]));
        }
    }

    private static void Encode(TextFixture file, CheckList checks, Sample sample, JsonElement c)
    {
        var encoder = Encoder(file, c);
        if (c.Try("error") is not null)
        {
            checks.Measure("error", () => Refused(c.Text("error"), () => encoder.Encode(sample)));
            return;
        }

        var imageId = file.Specification(c.Text("tokenizer")).Int("image_id");
        int[] Placed(IEnumerable<int> ids) => [.. ids.Select(i => i == imageId ? TokenizedSample.ImagePlaceholder : i)];
        var (tokens, ids) = (encoder.Encode(sample), Placed(c.Ints("ids")));
        checks.Measure("ids", () => Difference.Exact<int>(ids, tokens.InputIds));
        checks.Measure("labels", () => Difference.Exact<int>(Inside(c.Ranges("label_ranges")), tokens.TargetIndices));
        checks.Measure("prompt", () => Difference.Exact<int>(
            c.Try("prompt_length") is null ? Placed(c.Ints("prompt_ids"))
                : ids[..c.Int("prompt_length")], encoder.EncodePrompt(sample, sample.Turns.Count - 1)));
        checks.Attempt("expanded", () => Expand(file, checks, tokens, c));
    }

    private static void Expand(TextFixture file, CheckList checks, TokenizedSample tokens, JsonElement c)
    {
        var expected = c.Need("expanded");
        using var model = new ImageTokensOnly(file, c);
        var sample = SampleExpander.Expand(model, tokens, model.ImagesOf(tokens));
        checks.Measure("expanded.length", () => Difference.Same(expected.Int("length"), sample.InputIds.Length));
        checks.Measure("expanded.labels", () => Difference.Exact<int>(Inside(expected.Ranges("label_ranges")), sample.TargetIndices));
        if (expected.Try("ids") is not null)
        {
            checks.Measure("expanded.ids", () => Difference.Exact<int>(expected.Ints("ids"), sample.InputIds));
        }
    }

    private static void Truncate(TextFixture file, CheckList checks, Sample sample, JsonElement c)
    {
        var tokens = Encoder(file, c).Encode(sample);
        using var model = new ImageTokensOnly(file, c);
        checks.Measure("truncated", () => c.List("results").Aggregate(new Difference(0, 0), (worst, result) =>
        {
            var maxLength = result.Int("max_length");
            ExpandedSample Cut() => SampleExpander.Expand(model, tokens, model.ImagesOf(tokens), maxLength);
            if (result.Try("error") is not null)
            {
                return worst.Or(At(maxLength, Refused(result.Text("error"), Cut)));
            }

            var cut = Cut();
            var found = Difference.Same(result.Int("length"), cut.InputIds.Length)
                .Or(Difference.Exact<int>(Inside(result.Ranges("label_ranges")), cut.TargetIndices));
            return worst.Or(At(maxLength, found));
        }));
    }

    private static Difference At(int maxLength, Difference found) => found with { Where = $"cut to {maxLength} tokens: {found.Where}" };

    private static SampleEncoder Encoder(TextFixture file, JsonElement c) => new(file.Tokenizer(c.Text("tokenizer")), TemplateChoice.Parse(c.Text("template")));

    private static Difference OwnTemplate(TextFixture file, string tokenizer, string expected) => Difference.Same(
        expected, (CheckpointTemplate.Find(file.TokenizerFolder(tokenizer))
            ?? throw new ReferenceException($"{tokenizer} contains no chat template")).Require().Name);

    private static int[] Inside((int From, int To)[] ranges) => [.. ranges.SelectMany(r => Enumerable.Range(r.From, Math.Max(0, r.To - r.From)))];

    private static Difference Refused(string error, Func<object> run)
    {
        try
        {
            run();
            return new Difference(1, 0, $"accepted, expected the error {error}");
        }
        catch (InvalidInputException e)
        {
            return new Difference(e.Reason.StartsWith($"{error}: ", StringComparison.Ordinal) ? 0 : 1, 0, $"\"{e.Message}\", expected {error}");
        }
    }
}
