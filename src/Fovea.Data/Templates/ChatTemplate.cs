using Fovea.Core.Errors;
using Fovea.Core.Samples;

namespace Fovea.Data.Templates;

/// <summary>How a conversation becomes the text that a model reads, and which of its characters carry loss.</summary>
public abstract class ChatTemplate
{
    /// <summary>Stable name, e.g. <c>llava_v1</c>.</summary>
    public abstract string Name { get; }

    /// <summary>Whether the tokenizer adds its special tokens (<c>&lt;s&gt;</c>) around the text, or the template writes them.</summary>
    public abstract bool AddsSpecialTokens { get; }

    /// <summary>What follows each answer and ends it; part of the target. Empty where the template writes no end (<c>llava_hf</c>).</summary>
    public abstract string EndText { get; }

    /// <summary>Names of all templates.</summary>
    public static IReadOnlyList<string> Names { get; } = ["llava_plain", "llava_v1", "llava_hf", "chatml", "chatml_bare", "mistral_instruct", "solo"];

    /// <summary>The template of a name.</summary>
    /// <exception cref="FoveaException">There is none; the message lists the known ones.</exception>
    public static ChatTemplate ByName(string name) => name switch
    {
        "vicuna_v1" or "v1" => new LlavaV1Template(), // the names of LLaVA's own code
        "llava_plain" or "plain" => new LlavaPlainTemplate(),
        "llava_v1" => new LlavaV1Template(),
        "llava_hf" => new LlavaHfTemplate(),
        "chatml" => new ChatMlTemplate(writesDefaultSystem: true),
        "chatml_bare" => new ChatMlTemplate(writesDefaultSystem: false),
        "mistral_instruct" => new MistralInstructTemplate(),
        "solo" => new SoloTemplate(),
        _ => throw new FoveaException($"unknown chat template \"{name}\"{(name == "vicuna" ? " (did you mean 'vicuna_v1', which is llava_v1?)" : NearestName.Hint(name, Names))}; known are {string.Join(", ", Names)} (and auto, which chooses by family and sample, and checkpoint, the model folder's own)"),
    };

    /// <summary>Renders a valid conversation (see <see cref="ConversationRules"/>).</summary>
    /// <param name="sample">The conversation.</param>
    /// <param name="promptTurn">Stop where the answer of this turn would begin: the generation prompt. Null: all of it.</param>
    /// <exception cref="InvalidInputException">The template refuses the conversation: <c>not_one_exchange</c>, <c>no_image</c>, <c>system_not_supported</c>.</exception>
    public RenderedChat Render(Sample sample, int? promptTurn = null)
    {
        ConversationRules.Require(sample);
        return RenderValid(sample, promptTurn);
    }

    /// <summary>Renders what has been checked.</summary>
    protected abstract RenderedChat RenderValid(Sample sample, int? promptTurn);

    /// <summary>The system turn's text, if there is one, and the exchanges.</summary>
    private protected static (string? System, List<Exchange> Exchanges) Parts(Sample sample)
    {
        var first = sample.Turns[0].Role == Role.System ? 1 : 0;
        var exchanges = new List<Exchange>();
        for (var i = first; i + 1 < sample.Turns.Count; i += 2)
        {
            exchanges.Add(new Exchange(sample.Turns[i].Text, sample.Turns[i + 1].Text, i + 1));
        }

        return (first == 1 ? sample.Turns[0].Text : null, exchanges);
    }

    private protected InvalidInputException Refuses(Sample sample, string error, string why) =>
        new(sample.Key.Source, sample.Key.Record, $"{error}: template {Name} {why}");

    /// <summary>A question, its answer, and the answer's turn.</summary>
    private protected sealed record Exchange(string Question, string Answer, int Turn);
}
