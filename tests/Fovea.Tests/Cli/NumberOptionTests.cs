using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Numerics;
using Fovea.Cli.Commands;
using Fovea.Core.Configuration;
using FsCheck.Xunit;
using Xunit;

namespace Fovea.Tests.Cli;

public sealed class NumberOptionTests
{
    private static readonly string[] NoNumbers = ["", " ", "abc", "1,5", "7,5", "1.000.000", "1 000", " 5", "5 ", "NaN", "Infinity", "-Infinity", "\u221e",
        "1e400", "1e-4000", "0x10", "\u0663", "1_000", "--5", "5%"];

    public static TheoryData<string> Cultures => ["de-DE", "tr-TR", "fr-FR", "ar-SA", "sv-SE", ""];

    private static IEnumerable<(Command Command, Option Option)> Numeric() =>
        CommandTree.All.Values.SelectMany(c => c.Options.Select(o => (c, o))).Where(x => IsNumber(Plain(x.o)));

    private static Type Plain(Option option) => Nullable.GetUnderlyingType(option.ValueType) ?? option.ValueType;

    private static bool IsNumber(Type type) => type.GetInterfaces().Any(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(INumber<>));

    private static object? Value(Command command, Option option, string text) => typeof(OptionResult).GetMethod(nameof(OptionResult.GetValueOrDefault))!
        .MakeGenericMethod(option.ValueType).Invoke(command.Parse([option.Name, text]).GetResult(option), null);

    private static string[] Errors(Command command, Option option, string text) =>
        [.. command.Parse([option.Name, text]).Errors.Select(e => e.Message).Where(m => m.StartsWith(option.Name + ": expected a ", StringComparison.Ordinal))];

    [Fact]
    public void Every_numeric_option_reads_its_number_in_one_way()
    {
        Assert.True(Numeric().Count() > 20);
        Assert.All(Numeric(), x => Assert.Equal(typeof(NumberOption<>), x.Option.GetType().GetGenericTypeDefinition()));
    }

    [Theory]
    [MemberData(nameof(Cultures))]
    public void A_number_means_the_same_under_every_culture(string culture)
    {
        var before = CultureInfo.CurrentCulture;
        CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo(culture);
        try
        {
            foreach (var (command, option) in Numeric())
            {
                var (text, expected) = PlainNumber.IsWhole(Plain(option)) ? ("128", 128.0) : ("0.625", 0.625);
                Assert.Empty(Errors(command, option, text));
                Assert.Equal(expected, Convert.ToDouble(Value(command, option, text), CultureInfo.InvariantCulture));
                foreach (var wrong in NoNumbers)
                {
                    Assert.Contains($"got '{wrong}'", Assert.Single(Errors(command, option, wrong)), StringComparison.Ordinal);
                }
            }
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void A_percentage_may_be_written_with_an_exponent()
    {
        var (command, option) = Numeric().Single(x => x.Option.Name == "--p");
        Assert.Equal(1e-9m, Value(command, option, "1e-9"));
        Assert.Contains("--p: expected a number, more than 0 and at most 100, got '100.5'", Assert.Single(Errors(command, option, "100.5")),
            StringComparison.Ordinal);
    }

    [Property]
    public void A_written_number_is_read_back_or_refused(double written, long whole)
    {
        Assert.Equal(double.IsFinite(written) ? written : null, PlainNumber.Parse<double>(written.ToString("R", CultureInfo.InvariantCulture)));
        Assert.Equal(whole, PlainNumber.Parse<long>(whole.ToString(CultureInfo.InvariantCulture)));
        Assert.Equal(whole is >= int.MinValue and <= int.MaxValue ? (int)whole : null, PlainNumber.Parse<int>(whole.ToString(CultureInfo.InvariantCulture)));
    }

    [Theory]
    [InlineData("0e5")]
    [InlineData("-0.0")]
    public void A_zero_is_a_zero(string text) => Assert.Equal(0, PlainNumber.Parse<double>(text));

    [Fact]
    public void A_number_that_would_be_rounded_to_zero_is_none()
    {
        Assert.Null(PlainNumber.Parse<decimal>("1e-40"));
        Assert.Null(PlainNumber.Parse<double>("1e-400"));
    }
}
