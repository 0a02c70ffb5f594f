using System.Text;
using Fovea.Data.Tokenizers;
using FsCheck.Xunit;
using Xunit;

namespace Fovea.Tests.Data;

/// <summary>Single steps of tokenizing, against values of the Unicode standard and of the tokenizers library's documentation.</summary>
public sealed class TokenizerStepsTests
{
    [Theory]
    [InlineData(NormalizationForm.FormC, "e\u0301", "\u00e9")]
    [InlineData(NormalizationForm.FormC, "A\u030A \u1112\u1161\u11ab", "\u00c5 \ud55c")]
    [InlineData(NormalizationForm.FormC, "\u212b\ufffe\u2126", "\u00c5\ufffe\u03a9")]
    [InlineData(NormalizationForm.FormC, "q\u0323\u0307", "q\u0323\u0307")]
    [InlineData(NormalizationForm.FormD, "\u1e69", "s\u0323\u0307")]
    [InlineData(NormalizationForm.FormKC, "\uff21\ufb01\u00bd\uff76\uff9e", "Afi1\u20442\u30ac")]
    [InlineData(NormalizationForm.FormKC, "\uffa1\uffc2 x", "\uac00 x")]
    public void Normalisation_is_that_of_the_standard_and_needs_ICU(NormalizationForm form, string text, string expected)
    {
        var normal = new UnicodeFormStep(form).Apply(AlignedText.Of(text, 0, text.Length));
        Assert.Equal(expected, normal.Text);
        Assert.Equal(new TextSpan(0, text.Length), normal.Source(0, normal.Length));
    }

    [Property(MaxTest = 300)]
    public void Marks_are_put_in_the_order_that_normalisation_gives_them(byte[] choice)
    {
        string[] marks = ["\u0301", "\u0323", "\u0345", "\u034f", "\u05b0", "\u093c", "\u0f71", "\u0f73", "\u0344", "\u3099", "\u0334", "\u20dd",
            "\u0903", "\U0001D165", "e"];
        var text = string.Concat(choice.Select(c => marks[c % marks.Length]));
        Assert.Equal(text.Normalize(), CombiningMarks.InOrder(text, NormalizationForm.FormD, longest: 1).Normalize());
        Assert.Equal(text.Normalize(NormalizationForm.FormKC),
            CombiningMarks.InOrder(text, NormalizationForm.FormKD, longest: 1).Normalize(NormalizationForm.FormKC));
    }

    [Fact]
    public void A_composed_character_came_from_all_it_was_composed_of()
    {
        var text = "xA\u030Ay";
        var normal = new UnicodeFormStep(NormalizationForm.FormC).Apply(AlignedText.Of(text, 0, text.Length));
        Assert.Equal((TextSpan[])[new(0, 1), new(1, 3), new(3, 4)], Enumerable.Range(0, 3).Select(i => normal.Source(i, i + 1)));
    }

    [Fact]
    public void Lowercase_is_per_character()
    {
        var text = "\u0130\u03a3 \U00010400x\u1e9e";
        var lower = new LowercaseStep().Apply(AlignedText.Of(text, 0, text.Length));
        Assert.Equal("i\u0307\u03c3 \U00010428x\u00df", lower.Text);
        Assert.Equal(new TextSpan(0, 1), lower.Source(1, 2));
    }

    [Theory]
    [InlineData("'s", "it's", new[] { 2, 4 })]
    [InlineData("(?i:'s)", "a'\u017Fb", new[] { 1, 3 })]
    [InlineData("(?i:k)+", "kK\u212A", new[] { 0, 3 })]
    [InlineData(@"\p{L}+", "a\U00020BB7\U0001D4B3.", new[] { 0, 5 })]
    [InlineData(@"\p{Lu}", "\U0001D4D0\U0001D4EA", new[] { 0, 2 })]
    [InlineData(@"[^\s\p{L}\p{N}]+", "a\U0001F600\U0001F44D b", new[] { 1, 5 })]
    [InlineData(@"\p{N}{1,3}", "12345", new[] { 0, 3, 3, 5 })]
    [InlineData(@"\p{L}++\p{N}", "ab1", new[] { 0, 3 })]
    [InlineData(@"\p{L}?+a", "aa", new[] { 0, 2 })]
    [InlineData(@"\s+(?!\S)|\s+", "a   b", new[] { 1, 3, 3, 4 })]
    public void Patterns_match_by_code_point_and_Unicode_case(string pattern, string text, int[] edges)
    {
        Assert.Equal(edges, new SplitPattern(pattern).Matches(text).SelectMany(m => (int[])[m.Start, m.End]));
    }

    [Theory]
    [InlineData("^a")]
    [InlineData("a$")]
    [InlineData(@"\w+")]
    [InlineData(@"\p{Han}")]
    [InlineData("[a&&b]")]
    [InlineData("[a[b]]")]
    [InlineData("(?<name>a)")]
    [InlineData("(a")]
    [InlineData("a)")]
    [InlineData("a{2}+")]
    [InlineData("a{,2}")]
    [InlineData("(?i:ss)")]
    [InlineData("*a")]
    [InlineData(@"a\")]
    public void Patterns_that_the_two_engines_read_differently_are_refused(string pattern) => Assert.Throws<FormatException>(() => new SplitPattern(pattern));

    [Theory]
    [InlineData(nameof(SplitBehavior.Removed), false, "the|final|countdown")]
    [InlineData(nameof(SplitBehavior.Isolated), false, "the|-|final|-|-|countdown")]
    [InlineData(nameof(SplitBehavior.MergedWithPrevious), false, "the-|final-|-|countdown")]
    [InlineData(nameof(SplitBehavior.MergedWithNext), false, "the|-final|-|-countdown")]
    [InlineData(nameof(SplitBehavior.Contiguous), false, "the|-|final|--|countdown")]
    [InlineData(nameof(SplitBehavior.Removed), true, "-|-|-")]
    public void Splitting_keeps_the_matches_as_its_behaviour_says(string behavior, bool inverted, string words)
    {
        // The example of the tokenizers library's documentation.
        var text = "the-final--countdown";
        var split = new SplitStep(new PatternFinder(new SplitPattern("-")), Enum.Parse<SplitBehavior>(behavior),
            inverted).Apply(AlignedText.Of(text, 0, text.Length));
        Assert.Equal(words, string.Join('|', split.Select(w => w.Text)));
    }

    [Fact]
    public void The_byte_alphabet_names_every_byte_once()
    {
        Assert.Equal(256, Enumerable.Range(0, 256).Select(b => ByteAlphabet.Of((byte)b)).Distinct().Count());
        Assert.All(Enumerable.Range(0, 256), b => Assert.Equal(b, ByteAlphabet.ByteOf(ByteAlphabet.Of((byte)b))));
        Assert.Equal(('\u0120', '\u010A', 'a'), (ByteAlphabet.Of(0x20), ByteAlphabet.Of(0x0A), ByteAlphabet.Of(0x61)));
    }
}
