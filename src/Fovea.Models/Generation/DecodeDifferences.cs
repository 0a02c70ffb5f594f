namespace Fovea.Models.Generation;

/// <summary>
/// An incremental decoder for any tokenizer: what decoding a window of the last ids gives more than it gave before. The window begins with the ids of the last
/// text given out, so that what a decoder does at the start of a text (dropping a blank) happens to text that is out already. Text that ends with U+FFFD
/// may be a character cut in its middle and is held back.
/// </summary>
/// <param name="decode">The text of ids.</param>
public sealed class DecodeDifferences(Func<IReadOnlyList<int>, string> decode) : IIncrementalDecoder
{
    private readonly List<int> _window = [];
    private int _given; // ids of the window whose text is out
    private string _before = ""; // their text

    /// <inheritdoc/>
    public string Add(int id)
    {
        _window.Add(id);
        var text = decode(_window);
        if (text.Length <= _before.Length || text.EndsWith('\uFFFD'))
        {
            return "";
        }

        var added = text[_before.Length..];
        _window.RemoveRange(0, _given);
        _given = _window.Count;
        _before = decode(_window);
        return added;
    }

    /// <inheritdoc/>
    public string Flush()
    {
        var text = decode(_window);
        return text.Length > _before.Length ? text[_before.Length..] : "";
    }
}
