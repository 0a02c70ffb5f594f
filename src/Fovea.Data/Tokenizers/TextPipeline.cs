namespace Fovea.Data.Tokenizers;

/// <summary>One step that changes a stretch of text before the model sees it.</summary>
internal abstract record TextStep
{
    public abstract AlignedText Apply(AlignedText text);
}

/// <summary>Puts a text before every stretch, even one that begins with a blank; not before an empty one.</summary>
internal sealed record PrependStep(string Prefix) : TextStep
{
    public override AlignedText Apply(AlignedText text) => text.Prepend(Prefix);
}

/// <summary>Replaces a string.</summary>
internal sealed record ReplaceStep(string Pattern, string Content) : TextStep
{
    public override AlignedText Apply(AlignedText text) => text.Replace(Pattern, Content);
}

/// <summary>Where <see cref="MetaspaceStep"/> puts its blank in front.</summary>
internal enum PrependScheme
{
    First,
    Always,
    Never,
}

/// <summary>Blanks become a visible character, one of which is put in front unless it stands there already.</summary>
internal sealed record MetaspaceStep(string Replacement, PrependScheme Scheme, bool Splits)
{
    public IEnumerable<AlignedText> Apply(AlignedText text)
    {
        var replaced = text.Replace(" ", Replacement);
        var wanted = Scheme == PrependScheme.Always || (Scheme == PrependScheme.First && text.Text.Length > 0 && text.Source(0, 1).Start == 0);
        if (wanted && !replaced.Text.StartsWith(Replacement, StringComparison.Ordinal))
        {
            replaced = replaced.Prepend(Replacement);
        }

        return Splits ? Split(replaced) : [replaced];
    }

    private IEnumerable<AlignedText> Split(AlignedText text)
    {
        var from = 0;
        while (from < text.Text.Length)
        {
            var next = text.Text.IndexOf(Replacement, from + 1, StringComparison.Ordinal);
            next = next < 0 ? text.Text.Length : next;
            yield return text.Slice(from, next);
            from = next;
        }
    }
}
