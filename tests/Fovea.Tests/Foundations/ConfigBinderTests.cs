using Fovea.Core.Configuration;
using Fovea.Core.Errors;
using Xunit;

namespace Fovea.Tests.Foundations;

public sealed class ConfigBinderTests
{
    internal enum Colour
    {
        DeepRed,
        Blue,
    }

    internal sealed record Inner
    {
        public required int Steps { get; init; }

        public double LearningRate { get; init; } = 0.5;
    }

    internal sealed record Outer
    {
        public required string Name { get; init; }

        public Inner? Training { get; init; }

        public IReadOnlyList<long> Seeds { get; init; } = [7];

        public IReadOnlyList<Inner> List { get; init; } = [];

        public Colour Colour { get; init; } = Colour.Blue;

        public int? Limit { get; init; }

        public bool Loud { get; init; }
    }

    private static Outer Read(string json, params string[] overrides) => ConfigBinder.Read<Outer>(json, "a.jsonc", overrides);

    private static string Error(string json, params string[] overrides) => Assert.ThrowsAny<FoveaException>(() => Read(json, overrides)).Message;

    [Fact]
    public void Comments_trailing_commas_and_defaults_are_kept()
    {
        var read = Read("""
            { // the name
              "name": "x", "colour": "deep_red", "limit": null,
              "training": { "steps": 1e3, },
            }
            """);
        Assert.Equal(new Outer { Name = "x", Colour = Colour.DeepRed, Training = new Inner { Steps = 1000 }, Seeds = read.Seeds, List = read.List }, read);
        Assert.Equal([7], read.Seeds);
    }

    [Fact]
    public void An_override_sets_a_nested_key_as_JSON_or_as_a_bare_string()
    {
        var read = Read("""{ "name": "x", "training": { "steps": 1 } }""", "training.learning_rate=2e-5", "name=two words", "seeds=[1,2]");
        Assert.Equal(2e-5, read.Training!.LearningRate);
        Assert.Equal("two words", read.Name);
        Assert.Equal([1, 2], read.Seeds);
    }

    [Theory]
    [InlineData("{ \"name\": \"x\",\n \"sedes\": [1] }", "a.jsonc: line 2: unknown key 'sedes' (did you mean 'seeds'?)")]
    [InlineData("{ \"training\": { \"steps\": 1 } }", "line 1: missing key 'name', expected a string")]
    [InlineData("{ \"name\": 7 }", "'name': expected a string, got the number 7")]
    [InlineData("{ \"name\": \"x\",\n\n \"training\": { \"steps\": 1.5 } }", "line 3: 'training.steps': expected a whole number, got the number 1.5")]
    [InlineData("{ \"name\": \"x\", \"seeds\": 3 }", "'seeds': expected a list of")]
    [InlineData("{ \"name\": \"x\", \"seeds\": [3, \"b\"] }", "'seeds[1]': expected a whole number, got the string \"b\"")]
    [InlineData("{ \"name\": \"x\", \"colour\": \"bleu\" }", "expected one of deep_red, blue, got the string \"bleu\" (did you mean 'blue'?)")]
    [InlineData("{ \"name\": \"x\", \"loud\": \"yes\" }", "'loud': expected true or false")]
    [InlineData("{ \"name\": null }", "'name': expected a string, got null")]
    [InlineData("{ \"name\": \"x\", \"seeds\": null }", "'seeds': expected a list of")]
    [InlineData("{ \"name\": \"x\", \"name\": \"y\" }", "key 'name' is given twice")]
    [InlineData("{ \"name\": \"x\", ", "not valid JSON")]
    [InlineData("{ \"name\": \"x\" } { }", "not valid JSON")]
    [InlineData("[]", "'the file': expected an object, got a list")]
    [InlineData("{ \"name\": \"x\", \"limit\": 99999999999 }", "'limit': expected a whole number from -2147483648 to 2147483647, got the number 99999999999")]
    public void What_does_not_fit_is_one_line_with_file_line_path_and_the_nearest_key(string json, string expected)
    {
        var message = Error(json);
        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.StartsWith("a.jsonc: ", message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    [Theory]
    [InlineData("{ \"name\": \"x\", \"training\": { \"steps\": 1, \"learning_rate\": 1e400 } }", "expected a number, got the number 1e400")]
    [InlineData("{ \"name\": \"x\", \"training\": { \"steps\": 1, \"learning_rate\": 1e-400 } }", "expected a number, got the number 1e-400")]
    [InlineData("{ \"name\": \"x\", \"training\": { \"steps\": 1e-40 } }", "expected a whole number, got the number 1e-40")]
    [InlineData("{ \"name\": \"x\", \"list\": 3 }", "'list': expected a list of objects, got the number 3")]
    [InlineData("{ \"name\": \"x\", \"seeds\": 3 }", "'seeds': expected a list of whole numbers, got the number 3")]
    [InlineData("{ \"name\": \"x\" } }", "'}' is invalid")]
    public void A_number_is_one_and_what_is_expected_is_worded_well(string json, string expected) =>
        Assert.Contains(expected, Error(json), StringComparison.Ordinal);

    [Fact]
    public void An_override_reaches_into_lists()
    {
        var read = Read("""{ "name": "x", "list": [{ "steps": 1 }, { "steps": 2 }] }""", "list[1].steps=5", "list[2].steps=7", "seeds[0]=3");
        Assert.Equal([1, 5, 7], read.List.Select(i => i.Steps));
        Assert.Equal([3], read.Seeds);
        Assert.Contains("expected an index from 0 to 0", Error("""{ "name": "x" }""", "list[1].steps=5"), StringComparison.Ordinal);
        Assert.Contains("expected an index", Error("""{ "name": "x" }""", "list[-1].steps=5"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_wrong_override_says_where_it_came_from() =>
        Assert.Contains("--set: 'training.steps'", Error("""{ "name": "x", "training": { "steps": 1 } }""", "training.steps=many"), StringComparison.Ordinal);

    [Fact]
    public void The_environment_is_used_with_a_default()
    {
        Environment.SetEnvironmentVariable("FOVEA_CONFIG_TEST", "there");
        Assert.Equal("there/a", Read("""{ "name": "${FOVEA_CONFIG_TEST:-here}/a" }""").Name);
        Environment.SetEnvironmentVariable("FOVEA_CONFIG_TEST", null);
        Assert.Equal("here/a", Read("""{ "name": "${FOVEA_CONFIG_TEST:-here}/a" }""").Name);
    }
}
