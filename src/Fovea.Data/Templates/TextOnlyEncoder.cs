namespace Fovea.Data.Templates;

/// <summary>
/// A sample as a text-only reference model reads it (PRIOR): the same rendering without images. A caption under <c>llava_plain</c> becomes <c>&lt;s&gt;</c> and
/// the caption; from a conversation the image tags go, with the line break beside them. Targets, their order and the text fingerprint are those of
/// <see cref="SampleEncoder"/>; only the context differs.
/// </summary>
public sealed class TextOnlyEncoder(SampleEncoder encoder) : ISampleEncoder
{
    public string TokenizerFingerprint => encoder.TokenizerFingerprint;

    public int PadId => encoder.PadId;

    public int EndId => encoder.EndId;

    /// <exception cref="InvalidInputException">Also where a target would differ from the one seen with the image (<c>targets_differ</c>).</exception>
    public TokenizedSample Encode(Sample sample)
    {
        var seen = encoder.Encode(sample);
        if (sample.Images.Count == 0)
        {
            return seen;
        }

        var text = encoder.Templates.For(sample) is LlavaPlainTemplate ? WithoutPlaceholders(seen) : encoder.Encode(WithoutImages(sample));
        if (text.TextFingerprint != seen.TextFingerprint || !text.TargetIds().SequenceEqual(seen.TargetIds())
            || !text.EndTargets.SequenceEqual(seen.EndTargets) || !text.TargetSpans.SequenceEqual(seen.TargetSpans))
        {
            throw new InvalidInputException(sample.Key.Source, sample.Key.Record,
                "targets_differ: without the image the answers become other tokens; a reference model cannot score this sample under this template");
        }

        return text;
    }

    public int[] EncodePrompt(Sample sample, int answerTurn) => encoder.Templates.For(sample) is LlavaPlainTemplate || sample.Images.Count == 0
        ? [.. encoder.EncodePrompt(sample, answerTurn).Where(i => i != TokenizedSample.ImagePlaceholder)]
        : encoder.EncodePrompt(WithoutImages(sample), answerTurn);

    public string Decode(IReadOnlyList<int> ids) => encoder.Decode(ids);

    public string TokenText(int id) => encoder.TokenText(id);

    /// <summary>
    /// The text that is read in place of <paramref name="chat"/>, the rendering with images; null where the template refuses the sample without them.
    /// </summary>
    internal static string? TextOf(Sample sample, ChatTemplate template, RenderedChat chat)
    {
        if (sample.Images.Count == 0)
        {
            return chat.Text;
        }

        try
        {
            return template is LlavaPlainTemplate ? ImageTag.Remove(chat.Text) : template.Render(WithoutImages(sample)).Text;
        }
        catch (InvalidInputException)
        {
            return null;
        }
    }

    private static TokenizedSample WithoutPlaceholders(TokenizedSample seen)
    {
        var (ids, moved) = (new List<int>(), new int[seen.InputIds.Length]);
        for (var i = 0; i < seen.InputIds.Length; i++)
        {
            moved[i] = ids.Count;
            if (seen.InputIds[i] != TokenizedSample.ImagePlaceholder)
            {
                ids.Add(seen.InputIds[i]);
            }
        }

        int[] input = [.. ids];
        return seen with
        {
            InputIds = input,
            TargetIndices = Array.ConvertAll(seen.TargetIndices, i => moved[i]),
            Images = [],
            ContextFingerprint = SampleFingerprint.OfContext(input),
        };
    }

    private static Sample WithoutImages(Sample sample) => sample with
    {
        Images = [],
        Turns = [.. sample.Turns.Select(t => t.Role == Role.Human ? t with { Text = WithoutTags(t.Text) } : t)],
    };

    private static string WithoutTags(string question) => ImageTag.Count(question) switch
    {
        0 => question,
        1 => Blanks.Strip(ImageTag.Remove(question)),
        _ => ImageTag.RemoveWithLineBreak(question),
    };
}
