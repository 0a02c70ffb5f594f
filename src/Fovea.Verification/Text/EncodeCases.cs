using Fovea.Data.Tokenizers;
using Fovea.Verification.Checks;
using Fovea.Verification.Fixtures;

namespace Fovea.Verification.Text;

/// <summary>Texts to ids and back, and token by token as a stream shows them.</summary>
internal static class EncodeCases
{
    private const string Kind = "encode";

    public static IEnumerable<FoundCase> Find(TextFixture file)
    {
        var texts = file.Json.List("texts").Concat(file.Json.Try("flag_texts") is null ? [] : file.Json.List("flag_texts"))
            .ToDictionary(t => t.Text("name"), t => t.Text("text"));
        foreach (var tokenizer in file.Json.Need("cases").EnumerateObject())
        {
            foreach (var c in tokenizer.Value.EnumerateArray())
            {
                var text = c.Text("text");
                yield return new FoundCase($"{file.Name}/{tokenizer.Name}/{text}", Kind, checks => Run(file, tokenizer.Name, c,
                    texts.GetValueOrDefault(text) ?? throw new ReferenceException($"no text is called {text}"), checks));
            }
        }

        foreach (var stream in file.Json.Try("streams") is null ? [] : file.Json.List("streams"))
        {
            var tokenizer = stream.Text("tokenizer");
            yield return new FoundCase($"{file.Name}/{tokenizer}/{stream.Text("text")}/stream", Kind,
                checks => checks.Measure("pieces", () => Stream(file.Tokenizer(tokenizer), stream)));
        }
    }

    private static void Run(TextFixture file, string name, JsonElement c, string text, CheckList checks)
    {
        var optional = file.Specification(name).Try("optional") is not null && file.Specification(name).Flag("optional");
        Tokenizer tokenizer;
        try
        {
            tokenizer = file.Tokenizer(name);
        }
        catch (InvalidInputException) when (optional)
        {
            checks.Measure("refused", () => new Difference(0, 0)); // these ids, or an error that names what is not supported
            return;
        }

        var special = c.Ints("ids_special");
        checks.Measure("ids", () => Difference.Exact<int>(c.Ints("ids"), tokenizer.Encode(text, addSpecialTokens: false).Ids));
        checks.Measure("ids_special", () => Difference.Exact<int>(special, tokenizer.Encode(text, addSpecialTokens: true).Ids));
        checks.Measure("decoded_skip", () => Difference.Same(c.Text("decoded_skip"), tokenizer.Decode(special, skipSpecialTokens: true)));
        if (c.Try("decoded") is not null)
        {
            checks.Measure("decoded", () => Difference.Same(c.Text("decoded"), tokenizer.Decode(special, skipSpecialTokens: false)));
        }
    }

    private static Difference Stream(Tokenizer tokenizer, JsonElement stream)
    {
        var shown = tokenizer.DecodeStream(skipSpecialTokens: true);
        var expected = stream.List("pieces").Select(p => p.GetString() ?? "").Append(stream.Text("rest")).ToList();
        var pieces = stream.Ints("ids").Select(shown.Push).ToList();
        return Difference.Exact<string>(expected, [.. pieces, shown.Finish()]);
    }
}
