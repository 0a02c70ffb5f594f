using Fovea.Evaluation.Answers.Choices;
using Xunit;

namespace Fovea.Tests.Evaluation.Answers;

/// <summary>Values of the third column on are what the named Python code gives, traced by hand.</summary>
public sealed class ChoiceReadingTests
{
    private static readonly string[] Options = ["a red car", "a blue car", "a bus", "none"];

    [Theory]
    [InlineData("B", 'B', 'B', 'B', 'B')]
    [InlineData("B.", 'B', 'B', null, 'B')]
    [InlineData("B. a blue car", 'B', 'B', 'B', 'B')]
    [InlineData("(c)", null, null, null, 'C')]
    [InlineData("(C)", 'C', 'C', null, 'C')]
    [InlineData("The answer is C.", 'C', 'C', 'C', 'T')]
    [InlineData("The answer is C because of the wheels and the doors", 'C', 'C', 'C', 'T')]
    [InlineData("the correct answer is **D** since nothing else in the picture fits at all", 'D', null, null, 'T')]
    [InlineData("It is A car", 'A', null, null, 'I')]
    [InlineData("A blue car", 'A', 'A', null, 'A')]
    [InlineData("it shows a blue car", 'B', 'B', null, 'I')]
    [InlineData("either a bus or a red car", null, null, null, 'E')]
    [InlineData("A or B", null, null, null, 'A')]
    [InlineData("", null, null, null, null)]
    [InlineData("E", null, 'E', null, 'E')]
    [InlineData("Cannot determine the answer. B", null, 'B', null, 'C')]
    public void Rules_read_what_their_code_reads(string answer, char? vlmevalkit, char? lmmsEval, char? llava, char? first)
    {
        Assert.Equal(vlmevalkit, ChoiceReading.Read(ChoiceReading.Vlmevalkit, answer, Options));
        Assert.Equal(lmmsEval, ChoiceReading.Read(ChoiceReading.LmmsEval, answer, Options));
        Assert.Equal(llava, ChoiceReading.Read(ChoiceReading.Llava, answer, Options));
        Assert.Equal(first, ChoiceReading.Read(ChoiceReading.FirstLetter, answer, Options));
    }
}
