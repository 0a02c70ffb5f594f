using Fovea.Core.Extending;

namespace Fovea.Data.Templates;

/// <summary>How a conversation becomes the text that a model reads, and which of its characters carry loss. Holds no state.</summary>
public abstract class ChatTemplate : ICatalogued
{
    /// <summary>Stable name, e.g. <c>llava_v1</c>.</summary>
    public abstract string Name { get; }

    /// <summary>Whose it is, in one line.</summary>
    public abstract string Help { get; }

    public virtual IReadOnlyList<string> OtherNames => [];

    /// <summary>Parts of the names of models that it is the conversation template of, where nobody asks for another: small letters, e.g. <c>qwen</c>.</summary>
    public virtual IReadOnlyList<string> Models => [];

    /// <summary>Whether the tokenizer adds its special tokens (<c>&lt;s&gt;</c>) around the text, or the template writes them.</summary>
    public abstract bool AddsSpecialTokens { get; }

    /// <summary>What follows each answer and ends it; part of the target. Empty where the template writes no end (<c>llava_hf</c>).</summary>
    public abstract string EndText { get; }

    /// <summary>Names of all templates that Fovea has.</summary>
    public static IReadOnlyList<string> Names => ChatTemplates.BuiltIn.Names;

    /// <summary>The template of a name, of those that Fovea has.</summary>
    /// <exception cref="FoveaException">There is none; the message lists the known ones.</exception>
    public static ChatTemplate ByName(string name) => ChatTemplates.BuiltIn.Called(name);

    /// <summary>Renders a valid conversation (see <see cref="ConversationRules"/>).</summary>
    /// <param name="sample">The conversation.</param>
    /// <param name="promptTurn">Stop where the answer of this turn would begin: the generation prompt. Null: all of it.</param>
    /// <exception cref="InvalidInputException">The template refuses the conversation: <c>not_one_exchange</c>, <c>no_image</c>,
    /// <c>system_not_supported</c>.</exception>
    public RenderedChat Render(Sample sample, int? promptTurn = null)
    {
        ConversationRules.Require(sample);
        return RenderValid(sample, promptTurn);
    }

    /// <summary>Renders what has been checked.</summary>
    protected abstract RenderedChat RenderValid(Sample sample, int? promptTurn);

    /// <summary>The system turn's text, if there is one, and the exchanges.</summary>
    protected static (string? System, List<Exchange> Exchanges) Parts(Sample sample)
    {
        var first = sample.Turns[0].Role == Role.System ? 1 : 0;
        var exchanges = new List<Exchange>();
        for (var i = first; i + 1 < sample.Turns.Count; i += 2)
        {
            exchanges.Add(new Exchange(sample.Turns[i].Text, sample.Turns[i + 1].Text, i + 1));
        }

        return (first == 1 ? sample.Turns[0].Text : null, exchanges);
    }

    /// <summary>The error of a conversation that the template cannot render: a name such as <c>no_image</c>, and why.</summary>
    protected InvalidInputException Refuses(Sample sample, string error, string why) =>
        new(sample.Key.Source, sample.Key.Record, $"{error}: template {Name} {why}");

    /// <summary>A question, its answer, and the answer's turn.</summary>
    protected sealed record Exchange(string Question, string Answer, int Turn);
}
