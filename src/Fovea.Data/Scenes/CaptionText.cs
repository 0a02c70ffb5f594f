using Fovea.Core.Randomness;

namespace Fovea.Data.Scenes;

/// <summary>Words a caption. Noise and boilerplate come from a stream of their own: their rates leave the rest of the caption as it is.</summary>
internal sealed class CaptionText(SceneSpec spec, Scene scene, RandomSource random, RandomSource extras, PriorText prior)
{
    private readonly AnnotatedText _text = new();
    private readonly Dictionary<SceneShape, SceneColour?> _favourites = scene.Objects.ToDictionary(o => o.Shape, prior.Colour);
    private readonly SceneObject? _widowed = prior.Widowed();

    public AnnotatedText Draw()
    {
        var sentences = Sentences();
        var noisy = extras.Chance(spec.NoiseRate);
        for (var i = 0; i < spec.NoisePhrases; i++)
        {
            var (name, weekday, month) = (extras.Pick(SceneWords.Names), extras.Pick(SceneWords.Weekdays), extras.Pick(SceneWords.Months));
            var (sent, place) = (extras.Chance(0.5), extras.Next(sentences.Count + 1));
            if (noisy)
            {
                sentences.Insert(place, () => Noise(name, sent ? month : weekday, sent));
            }
        }

        var boilerplate = extras.Pick(SceneWords.BoilerplateSentences);
        if (extras.Chance(spec.BoilerplateRate))
        {
            sentences.Add(() => _text.Add(TokenClass.Boilerplate, boilerplate).Stop(TokenClass.Boilerplate));
        }

        sentences.ForEach(say => say());
        return _text;
    }

    private List<Action> Sentences()
    {
        var n = scene.Objects.Count;
        var background = scene.Background;
        var sentences = new List<Action>();
        var order = random.Next(4);
        switch (order)
        {
            case 0:
                sentences.Add(() => _text.Filler("the image shows").Count(n).Filler("on a").Background(background).Filler("background").Stop());
                break;
            case 1:
                sentences.Add(() => _text.Filler("on a").Background(background).Filler("background we see").Count(n).Stop());
                break;
            case 2:
                sentences.Add(() => _text.Filler("we see").Count(n).Stop());
                break;
        }

        AddObjects(sentences);
        AddRelation(sentences);
        if (order >= 2)
        {
            sentences.Add(() => _text.Filler("the background is").Background(background).Stop());
        }

        if (order == 3)
        {
            sentences.Add(() => _text.Filler("in the image we see").Count(n).Stop());
        }

        return sentences;
    }

    private void AddObjects(List<Action> sentences)
    {
        var n = scene.Objects.Count;
        var forms = Array.ConvertAll([.. scene.Objects], o => (
            Object: o, Place: random.Chance(n == 1 ? 0.9 : n == 2 ? 0.6 : 0.4), Size: random.Chance(n == 1 ? 0.7 : n == 2 ? 0.5 : 0.35), Form: random.Next(3)));
        if (n > 1 && random.Chance(0.35))
        {
            sentences.Add(() =>
            {
                List([.. forms.Select(f => (f.Object, f.Place, f.Size))]);
                Partner(_widowed);
            });
            return;
        }

        foreach (var (o, place, size, form) in forms)
        {
            sentences.Add(() =>
            {
                Say(o, place, size, form);
                Partner(o == _widowed ? o : null);
            });
        }
    }

    private void Say(SceneObject o, bool place, bool size, int form)
    {
        if (form == 0 || (form == 2 && !place))
        {
            Place(Noun(_text.Filler("there is a"), o, size), o, place).Stop();
        }
        else if (form == 1)
        {
            Place(_text.Filler("the").Shape(o.Shape), o, place).Filler("is");
            Colour(o);
            (size ? _text.Filler("and").Size(o.Size) : _text).Stop();
        }
        else
        {
            Noun(_text.Filler("the object").Place(o).Filler("is a"), o, size).Stop();
        }
    }

    private void List((SceneObject Object, bool Place, bool Size)[] items)
    {
        _text.Filler("there is");
        for (var i = 0; i < items.Length; i++)
        {
            if (i > 0 && i < items.Length - 1)
            {
                _text.Comma();
            }
            else if (i > 0)
            {
                _text.Filler("and");
            }

            Place(Noun(_text.Filler("a"), items[i].Object, items[i].Size), items[i].Object, items[i].Place);
        }

        _text.Stop();
    }

    private void AddRelation(List<Action> sentences)
    {
        var n = scene.Objects.Count;
        if (n < 2 || !random.Chance(n == 2 ? 0.4 : 0.25))
        {
            return;
        }

        var pair = random.Permutation(n);
        var (subject, other) = (scene.Objects[pair[0]], scene.Objects[pair[1]]);
        var direction = random.Pick(SceneRelation.Directions(subject, other));
        sentences.Add(() => _text.Filler("the").Shape(subject.Shape).Filler("is").Direction(direction).Filler("the").Shape(other.Shape).Stop());
    }

    private void Noise(string name, string date, bool sent) => _text
        .Add(TokenClass.Boilerplate, sent ? "sent to" : "taken by").Add(TokenClass.Noise, name)
        .Add(TokenClass.Boilerplate, sent ? "in" : "on").Add(TokenClass.Noise, date).Stop(TokenClass.Boilerplate);

    private AnnotatedText Noun(AnnotatedText text, SceneObject o, bool size)
    {
        _ = size ? text.Size(o.Size) : text;
        return Colour(o).Shape(o.Shape);
    }

    private AnnotatedText Colour(SceneObject o) => _favourites[o.Shape] is { } favourite
        ? _text.Add(TokenClass.PriorFollowing, SceneWords.Of(favourite))
        : _text.Colour(o.Colour);

    /// <summary>Names the partner of an object as if it were there.</summary>
    private void Partner(SceneObject? widowed)
    {
        if (widowed is not null)
        {
            var partner = SceneWorld.Partner(widowed.Shape);
            _text.Filler("there is a").Add(TokenClass.PriorFollowing, $"{SceneWords.Of(SceneWorld.Favourite(partner))} {SceneWords.Of(partner)}").Stop();
        }
    }

    private static AnnotatedText Place(AnnotatedText text, SceneObject o, bool place) => place ? text.Place(o) : text;
}
