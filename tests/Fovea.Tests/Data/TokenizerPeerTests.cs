using System.Text.RegularExpressions;
using Fovea.Core.Json;
using Fovea.Data.Tokenizers;
using FsCheck.Xunit;
using Microsoft.ML.Tokenizers;
using Xunit;

namespace Fovea.Tests.Data;

/// <summary>Our merging of bytes against that of Microsoft.ML.Tokenizers, which was written apart from it, on words that no fixture has: equal ids.</summary>
public sealed class TokenizerPeerTests
{
    private static readonly string[] Parts =
        ["the", "a", "b", "e", "in", "ing", " dog", "\u00e9", "\u4e2d", "\u6587", "\U0001F600", "\u0301", "1", "23", ".", "!", "\n", " ", "'s", "T",
            "\ud55c", "\u00df", "\0"];

    private readonly BpeTokenizer _peer;
    private readonly BpeModel _ours;

    public TokenizerPeerTests()
    {
        var file = ForeignJson.Open(Path.Combine(TestData.Find("data/tokenizers/tiny_torchtune"), "tiny_bpe_tokenizer.json")).Field("model");
        _ours = (BpeModel)TokenModelReader.Read(file, byteLevel: true);
        _peer = BpeTokenizer.Create(
            new Microsoft.ML.Tokenizers.BpeOptions(file.Field("vocab").Element.EnumerateObject().Select(t => KeyValuePair.Create(t.Name, t.Value.GetInt32())))
            {
                Merges = [.. file.Field("merges").Items().Select(m => m.Text())],
                ByteLevel = true,
                PreTokenizer = new RegexPreTokenizer(new Regex(@"[\s\S]+"), null),
            });
    }

    [Property(MaxTest = 500)]
    public void Words_merge_to_the_ids_of_the_peer(byte[] parts, string? any)
    {
        var word = string.Concat(parts.Take(40).Select(p => Parts[p % Parts.Length])) + string.Concat((any ?? "").EnumerateRunes());
        if (word.Length == 0)
        {
            return;
        }

        var (ids, spans) = (new List<int>(), new List<TextSpan>());
        _ours.Encode(AlignedText.Of(word, 0, word.Length), ids, spans);
        Assert.Equal(_peer.EncodeToIds(word), ids);
        Assert.Equal(ids.Count, spans.Count);
    }
}
