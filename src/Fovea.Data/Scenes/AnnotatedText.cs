using System.Text;

namespace Fovea.Data.Scenes;

/// <summary>Builds a text word by word and remembers what each word and each punctuation mark carries.</summary>
internal sealed class AnnotatedText
{
    private readonly StringBuilder _text = new();
    private readonly List<(int Start, int End, TokenClass Class)> _spans = [];

    public string Text => _text.ToString();

    public IEnumerable<ClassSpan> Spans(int turn) => _spans.Select(s => new ClassSpan(turn, s.Start, s.End, s.Class));

    /// <summary>Adds words, each after a blank unless the text is empty.</summary>
    public AnnotatedText Add(TokenClass tokenClass, string words)
    {
        foreach (var word in words.Split(' '))
        {
            if (_text.Length > 0)
            {
                _text.Append(' ');
            }

            Attach(tokenClass, word);
        }

        return this;
    }

    public AnnotatedText Filler(string words) => Add(TokenClass.Filler, words);

    public AnnotatedText Stop(TokenClass tokenClass = TokenClass.Filler) => Attach(tokenClass, ".");

    public AnnotatedText Comma() => Attach(TokenClass.Filler, ",");

    public AnnotatedText Shape(SceneShape shape) => Add(TokenClass.Shape, SceneWords.Of(shape));

    public AnnotatedText Colour(SceneColour colour) => Add(TokenClass.Colour, SceneWords.Of(colour));

    public AnnotatedText Size(SceneSize size) => Add(TokenClass.Size, SceneWords.Of(size));

    public AnnotatedText Background(SceneBackground background) => Add(TokenClass.Background, SceneWords.Of(background));

    public AnnotatedText Place(SceneObject o) => Filler("in the").Add(TokenClass.Position, SceneWords.Place(o.Row, o.Column));

    /// <summary>"two objects".</summary>
    public AnnotatedText Count(int objects) =>
        Add(TokenClass.Count, SceneWords.Numbers[objects - 1]).Filler(objects == 1 ? "object" : "objects");

    /// <summary>"left of", "above": where the subject is seen from the other.</summary>
    public AnnotatedText Direction(string direction, TokenClass tokenClass = TokenClass.Position)
    {
        Add(tokenClass, direction);
        return SceneRelation.TakesOf(direction) ? Filler("of") : this;
    }

    private AnnotatedText Attach(TokenClass tokenClass, string text)
    {
        _spans.Add((_text.Length, _text.Length + text.Length, tokenClass));
        _text.Append(text);
        return this;
    }
}
