using System.Text.RegularExpressions;

namespace Fovea.Core.Errors;

/// <summary>Values of the input in messages: bad input may be megabytes long, and a message is one line to read.</summary>
public static partial class Quoted
{
    private const int MostOfAValue = 200;
    private const int MostOfAMessage = 2000;

    /// <summary>The value, or its first <paramref name="most"/> characters and how many it has.</summary>
    public static string Shorten(string value, int most = MostOfAValue) => value.Length <= most
        ? value
        : string.Create(CultureInfo.InvariantCulture, $"{value[..WholeCharacters(value, most)]}...({value.Length} characters)");

    /// <summary>
    /// A message in which no word is longer than a value may be and which is at most 2,000 characters long: its middle is left out, so that where it begins
    /// and what to do both remain.
    /// </summary>
    public static string Message(string message)
    {
        if (message.Length <= MostOfAValue)
        {
            return message;
        }

        var text = LongWord().Replace(message, m => Shorten(m.Value));
        if (text.Length <= MostOfAMessage)
        {
            return text;
        }

        var head = WholeCharacters(text, MostOfAMessage * 3 / 4);
        var tail = WholeCharacters(text, text.Length - (MostOfAMessage / 5));
        return string.Create(CultureInfo.InvariantCulture, $"{text[..head]} ... ({tail - head} characters left out) ... {text[tail..]}");
    }

    private static int WholeCharacters(string text, int at) => char.IsLowSurrogate(text[at]) ? at - 1 : at;

    [GeneratedRegex(@"\S{250,}")]
    private static partial Regex LongWord();
}
