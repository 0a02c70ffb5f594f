using System.Text;

namespace Fovea.Core.Text;

/// <summary>Passes text on without blanks at the ends of lines: tables fill up their last column.</summary>
public sealed class TrimmedWriter(TextWriter inner) : TextWriter
{
    private int _blanks;

    public override Encoding Encoding => inner.Encoding;

    public override void Write(char value)
    {
        if (value == ' ')
        {
            _blanks++;
            return;
        }

        for (; _blanks > 0; _blanks--)
        {
            if (value is not ('\n' or '\r'))
            {
                inner.Write(' ');
            }
        }

        inner.Write(value);
    }

    public override void Flush() => inner.Flush();
}
