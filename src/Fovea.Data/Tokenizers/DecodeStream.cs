using System.Diagnostics.CodeAnalysis;

namespace Fovea.Data.Tokenizers;

/// <summary>
/// Decodes a text whose ids come one by one. After each id it gives the characters that are new, and none while the text ends in U+FFFD, since the rest
/// of a character may follow. What all calls give together is <see cref="Tokenizer.Decode"/> of all ids; except that where a
/// model writes byte tokens that are no UTF-8, a <c>ByteFallback</c> decoder turns characters of the same run into U+FFFD that were given
/// already. Not thread-safe.
/// </summary>
[SuppressMessage("Naming", "CA1711", Justification = "The tokenizers library calls it so; it is a stream of text, not of bytes.")]
public sealed class DecodeStream : IIncrementalDecoder
{
    private const char Unfinished = '\uFFFD';
    private const int SafeRun = 4;

    private readonly Tokenizer _tokenizer;
    private readonly bool _skipSpecialTokens;
    private readonly bool _cleansUp;
    private readonly List<int> _window = [];
    private string _unclean = "";
    private int _shown;

    internal DecodeStream(Tokenizer tokenizer, bool skipSpecialTokens, bool cleansUp)
    {
        _tokenizer = tokenizer;
        _skipSpecialTokens = skipSpecialTokens;
        _cleansUp = cleansUp;
    }

    /// <summary>Takes the next id and gives the text that is certain now; empty if there is none.</summary>
    public string Push(int id)
    {
        _window.Add(id);
        var text = _tokenizer.DecodeRaw(_window, _skipSpecialTokens);
        if (text.EndsWith(Unfinished))
        {
            return "";
        }

        var news = New(text);
        if (Stands(id) is { } alone)
        {
            _window.Clear();
            _window.Add(id);
            _shown = alone;
        }

        return _cleansUp ? Clean(news, ends: false) : news;
    }

    /// <summary>Ends the text, gives what was held back, and is ready for another text.</summary>
    public string Finish()
    {
        var rest = New(_tokenizer.DecodeRaw(_window, _skipSpecialTokens));
        _window.Clear();
        _shown = 0;
        return _cleansUp ? Clean(rest, ends: true) : rest;
    }

    private string New(string text)
    {
        var news = text[Math.Min(_shown, text.Length)..];
        _shown = text.Length;
        return news;
    }

    /// <summary>Length of a token's own text, if what follows it is decoded alike behind it alone and behind all that came before.</summary>
    private int? Stands(int id)
    {
        if (DecodeStep.ByteOf(_tokenizer.TokenText(id)) is not null)
        {
            return null;
        }

        var alone = _tokenizer.DecodeRaw([id], _skipSpecialTokens);
        return alone.Length > 0 && !alone.Contains(Unfinished, StringComparison.Ordinal) ? alone.Length : null;
    }

    // What clean-up replaces begins with a blank and has at most three characters behind it: nothing reaches over four characters that are none.
    private string Clean(string news, bool ends)
    {
        _unclean += news;
        var safe = ends ? _unclean.Length : 0;
        for (var (i, run) = (0, 0); i < _unclean.Length && !ends; i++)
        {
            run = _unclean[i] == ' ' ? 0 : run + 1;
            safe = run >= SafeRun ? i + 1 : safe;
        }

        var text = CleanUp.Apply(_unclean[..safe]);
        _unclean = _unclean[safe..];
        return text;
    }
}
