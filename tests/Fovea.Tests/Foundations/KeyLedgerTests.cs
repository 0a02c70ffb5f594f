using System.Text.Json;
using Fovea.Core.Errors;
using Fovea.Core.Files;
using Fovea.Core.Json;
using Xunit;

namespace Fovea.Tests.Foundations;

/// <summary>Foreign configurations are read by keys that are known: any other with a live value is refused by name.</summary>
public sealed class KeyLedgerTests
{
    private static readonly InertKeys Inert = new("name scale=1|\"one\" tune_*");

    [Theory]
    [InlineData("""{"read": 5, "name": [1, 2], "tune_all": true}""")]
    [InlineData("""{"scale": 1.0}""")]
    [InlineData("""{"scale": "one"}""")]
    [InlineData("""{"other": null, "list": [], "object": {}}""")]
    [InlineData("""{"map": {"unknown": 1}, "read": {"unknown": 1}}""")] // of a map no key was asked
    public void What_is_read_inert_or_dead_passes(string json) => Check(json);

    [Theory]
    [InlineData("""{"other": false}""", "other: unknown key with the value false")]
    [InlineData("""{"other": 0}""", "other: unknown key")]
    [InlineData("""{"other": ""}""", "other: unknown key")]
    [InlineData("""{"other": [0]}""", "other: unknown key")]
    [InlineData("""{"scale": 2}""", "scale: 2 is not supported; expected 1 or \"one\"")]
    [InlineData("""{"inner": {"seen": 1, "deep": true}}""", "inner.deep: unknown key")]
    [InlineData("""{"items": [{"seen": 1}, {"deep": 7}]}""", "items[1].deep: unknown key")]
    public void Any_other_live_value_is_refused_by_its_path(string json, string named)
    {
        var error = Assert.Throws<InvalidInputException>(() => Check(json));
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
        Assert.Equal("f.json", error.File);
    }

    [Fact]
    public void A_long_name_or_value_is_shown_in_part()
    {
        var message = Assert.Throws<InvalidInputException>(() => Check($$"""{"{{new string('k', 100_000)}}": "{{new string('v', 100_000)}}"}""")).Message;
        Assert.InRange(message.Length, 50, 600);
    }

    [Theory]
    [InlineData("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 4\n", "Git LFS pointer")]
    [InlineData("\n <!DOCTYPE HTML><html>", "web page")]
    [InlineData("<html lang=\"en\">", "web page")]
    [InlineData("{\"version\": 1}", null)]
    [InlineData("", null)]
    public void What_lies_in_a_downloaded_files_place_is_recognised(string content, string? named)
    {
        var found = WrongContent.Describe(System.Text.Encoding.UTF8.GetBytes(content));
        Assert.Equal(named is null, found is null);
        Assert.Contains(named ?? "", found ?? "", StringComparison.Ordinal);
    }

    private static void Check(string json)
    {
        var ledger = new KeyLedger("f.json");
        ledger.Allow("", Inert);
        foreach (var key in new[] { "read", "map", "inner", "items" })
        {
            ledger.Read("", key);
        }

        ledger.Read("inner", "seen");
        ledger.Read("items[0]", "seen");
        ledger.Read("items[1]", "seen");
        using var document = JsonDocument.Parse(json);
        ledger.RejectOthers(document.RootElement);
    }
}
