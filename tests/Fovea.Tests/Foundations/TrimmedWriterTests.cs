using Fovea.Core.Text;
using Xunit;

namespace Fovea.Tests.Foundations;

public sealed class TrimmedWriterTests
{
    [Theory]
    [InlineData("a  b   \n  c \n\n", "a  b\n  c\n\n")]
    [InlineData("   \r\nx", "\r\nx")]
    [InlineData("end   ", "end")]
    public void Blanks_at_the_ends_of_lines_are_left_out_and_no_others(string written, string expected)
    {
        using var inner = new StringWriter();
        using var writer = new TrimmedWriter(inner);
        writer.Write(written);
        Assert.Equal(expected, inner.ToString());
    }
}
