using System.Text;

namespace Fovea.Data.Templates;

/// <summary>
/// Where an answer is in a rendered text: characters <c>[TargetStart, TargetEnd)</c> carry loss, of which <c>[TextStart, TextEnd)</c> are the answer's
/// own and the rest is what the template writes around it (a blank before, the end token behind).
/// </summary>
/// <param name="Turn">Index of the answer's turn in the sample.</param>
/// <param name="TargetStart">Where loss begins.</param>
/// <param name="TextStart">Where the answer's own text begins.</param>
/// <param name="TextEnd">Where it ends.</param>
/// <param name="TargetEnd">Where loss ends.</param>
/// <param name="TextOffset">Where <paramref name="TextStart"/> lies in the turn's text, for templates that strip answers.</param>
public sealed record AnswerPlace(int Turn, int TargetStart, int TextStart, int TextEnd, int TargetEnd, int TextOffset = 0);

/// <summary>A conversation as text: segments that are tokenized one by one, and the answers in it (positions in <see cref="Text"/>, UTF-16 units).</summary>
public sealed record RenderedChat(IReadOnlyList<string> Segments, IReadOnlyList<AnswerPlace> Answers)
{
    /// <summary>All segments together.</summary>
    public string Text => string.Concat(Segments);

    /// <summary>The characters that carry loss, <c>[Start, End)</c>; what touches is one target.</summary>
    public IReadOnlyList<(int Start, int End)> Targets()
    {
        var targets = new List<(int Start, int End)>();
        foreach (var answer in Answers.Where(a => a.TargetStart < a.TargetEnd))
        {
            if (targets.Count > 0 && targets[^1].End == answer.TargetStart)
            {
                targets[^1] = (targets[^1].Start, answer.TargetEnd);
            }
            else
            {
                targets.Add((answer.TargetStart, answer.TargetEnd));
            }
        }

        return targets;
    }
}

/// <summary>Collects a <see cref="RenderedChat"/>.</summary>
public sealed class ChatWriter
{
    private readonly List<string> _segments = [];
    private readonly List<AnswerPlace> _answers = [];
    private readonly StringBuilder _segment = new();
    private int _length;

    /// <summary>Writes what carries no loss.</summary>
    public ChatWriter Write(string text)
    {
        _segment.Append(text);
        _length += text.Length;
        return this;
    }

    /// <summary>
    /// Writes an answer between what the template puts around it; all of it is target. <paramref name="offset"/> is where the text begins in the turn's own.
    /// </summary>
    public ChatWriter WriteAnswer(int turn, string before, string text, string after, int offset = 0)
    {
        var start = _length;
        Write(before).Write(text).Write(after);
        _answers.Add(new AnswerPlace(turn, start, start + before.Length, start + before.Length + text.Length, _length, offset));
        return this;
    }

    /// <summary>Begins a new segment.</summary>
    public ChatWriter Cut()
    {
        if (_segment.Length > 0)
        {
            _segments.Add(_segment.ToString());
            _segment.Clear();
        }

        return this;
    }

    /// <summary>The text and the places of its answers.</summary>
    public RenderedChat Finish() => new(Cut()._segments, _answers);
}
