using System.Text;

namespace Fovea.Models.Generation;

/// <summary>The text of one row: finds stop strings, and holds back what may be the beginning of one.</summary>
internal sealed class RowText(IIncrementalDecoder? decoder, IReadOnlyList<string> stopStrings)
{
    private readonly StringBuilder _text = new();
    private string _held = "";

    /// <summary>Whether the text held a stop string; it ends before it.</summary>
    public bool Stopped { get; private set; }

    /// <summary>The text released so far; null without a decoder.</summary>
    public string? Text => decoder is null ? null : _text.ToString();

    /// <summary>Takes an id and returns the text that it releases.</summary>
    public string Add(int id) => decoder is null ? "" : Release(decoder.Push(id), last: false);

    /// <summary>Releases the rest.</summary>
    public string End() => decoder is null || Stopped ? "" : Release(decoder.Finish(), last: true);

    private string Release(string added, bool last)
    {
        _held += added;
        var cut = stopStrings.Select(s => _held.IndexOf(s, StringComparison.Ordinal)).Where(at => at >= 0).DefaultIfEmpty(-1).Min();
        Stopped |= cut >= 0;
        var keep = cut >= 0 ? _held.Length - cut : last ? 0 : stopStrings.Select(LengthHeld).DefaultIfEmpty(0).Max();
        var released = _held[..^keep];
        _held = Stopped ? "" : _held[^keep..];
        _text.Append(released);
        return released;
    }

    /// <summary>Length of the longest end of the text that a stop string begins with.</summary>
    private int LengthHeld(string stop)
    {
        for (var length = Math.Min(stop.Length - 1, _held.Length); length > 0; length--)
        {
            if (_held.AsSpan().EndsWith(stop.AsSpan(0, length), StringComparison.Ordinal))
            {
                return length;
            }
        }

        return 0;
    }
}
