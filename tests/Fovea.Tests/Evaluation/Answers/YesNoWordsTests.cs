using Fovea.Evaluation.Answers.Rules;
using Xunit;

namespace Fovea.Tests.Evaluation.Answers;

public sealed class YesNoWordsTests
{
    [Theory]
    [InlineData("Yes, it is.", true)]
    [InlineData("NO!", false)]
    [InlineData("**Yes**", null)]
    [InlineData("I know", null)]
    [InlineData("Yes and no", null)]
    [InlineData("There is not", null)]
    [InlineData("", null)]
    [InlineData("answer:no", null)]
    [InlineData("(yes)", true)]
    public void One_of_the_words_decides_and_the_other_must_not_be_there(string answer, bool? isYes) => Assert.Equal(isYes, YesNoWords.Parse(answer));

    [Theory]
    [InlineData("a-b c", "a b c")]
    [InlineData("a-b - c", "ab  c")]
    [InlineData("1,000 a-b", "1000 ab")]
    [InlineData("3.5 m.", "3.5 m")]
    public void Punctuation_is_deleted_beside_a_blank_and_replaced_elsewhere(string text, string expected) =>
        Assert.Equal(expected, YesNoWords.WithoutPunctuation(text));

    [Fact]
    public void Only_the_first_32_full_stops_are_deleted_as_the_code_does() =>
        Assert.Equal("...", YesNoWords.WithoutPunctuation(new string('.', 35)));
}
