using System.Text.Json;
using System.Text.Json.Serialization;
using Fovea.Core.Json;
using Xunit;

namespace Fovea.Tests.Foundations;

public sealed class JsonReasonTests
{
    private static readonly JsonSerializerOptions Strict = new() { UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow };

    [Theory]
    [InlineData("{}", "the key 'Name' is missing")]
    [InlineData("""{ "Name": "a", "Nmae": "b" }""", "unknown key 'Nmae'")]
    [InlineData("""{ "Name": 5 }""", "Name is of another type")]
    [InlineData("""{ "Name": "\ud83d" }""", "Name is of another type")]
    [InlineData("[]", "the whole is of another type")]
    [InlineData("{", "Expected depth to be zero at the end of the JSON payload")]
    public void What_does_not_read_is_told_without_names_of_this_program(string json, string reason) =>
        Assert.Equal(reason, JsonReason.InWords(Assert.ThrowsAny<JsonException>(() => JsonSerializer.Deserialize<Written>(json, Strict))));

    private sealed record Written
    {
        public required string Name { get; init; }
    }
}
