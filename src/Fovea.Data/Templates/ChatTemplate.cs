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

    /// <summary>What stands behind each answer and ends it; part of the target.</summary>
    public abstract string EndText { get; }

    /// <summary>Names of all templates.</summary>
    public static IReadOnlyList<string> Names { get; } = ["llava_plain", "llava_v1", "solo"];

    /// <summary>The template of a name.</summary>
    /// <exception cref="FoveaException">There is none; the message lists the known ones.</exception>
    public static ChatTemplate ByName(string name) => name switch
    {
        "llava_plain" => new LlavaPlainTemplate(),
        "llava_v1" => new LlavaV1Template(),
        "solo" => new SoloTemplate(),
        _ => throw new FoveaException($"unknown chat template \"{name}\"; known are {string.Join(", ", Names)} (and auto where a template is chosen by sample)"),
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

/// <summary>LLaVA's first stage: the images, then the answer and a line break; the question is dropped.</summary>
internal sealed class LlavaPlainTemplate : ChatTemplate
{
    public override string Name => "llava_plain";

    public override bool AddsSpecialTokens => true;

    public override string EndText => "\n";

    protected override RenderedChat RenderValid(Sample sample, int? promptTurn)
    {
        var (system, exchanges) = Parts(sample);
        if (system is not null || exchanges.Count != 1)
        {
            throw Refuses(sample, "not_one_exchange", $"takes one question and one answer and no system turn, got {sample.Turns.Count} turns; use llava_v1");
        }

        if (sample.Images.Count == 0)
        {
            throw Refuses(sample, "no_image", "takes an image and its caption, the sample has no image; use llava_v1");
        }

        var writer = new ChatWriter().Write(string.Concat(Enumerable.Repeat(ImageTag.Text, sample.Images.Count)));
        return (promptTurn is null ? writer.WriteAnswer(exchanges[0].Turn, "", exchanges[0].Answer, EndText) : writer).Finish();
    }
}

/// <summary>Vicuna v1.1 as LLaVA-1.5 uses it: <c>SYSTEM USER: q ASSISTANT: a&lt;/s&gt;USER: ...</c>; the blank behind the colon belongs to the target.</summary>
internal sealed class LlavaV1Template : ChatTemplate
{
    private const string DefaultSystem = "A chat between a curious user and an artificial intelligence assistant. "
        + "The assistant gives helpful, detailed, and polite answers to the user's questions.";

    public override string Name => "llava_v1";

    public override bool AddsSpecialTokens => true;

    public override string EndText => "</s>";

    protected override RenderedChat RenderValid(Sample sample, int? promptTurn)
    {
        var (system, exchanges) = Parts(sample);
        var writer = new ChatWriter().Write((system ?? DefaultSystem) + " ");
        foreach (var exchange in exchanges)
        {
            writer.Write($"USER: {ImageTag.MoveToFront(exchange.Question)} ASSISTANT:");
            if (exchange.Turn == promptTurn)
            {
                break;
            }

            writer.WriteAnswer(exchange.Turn, " ", exchange.Answer, EndText);
        }

        return writer.Finish();
    }
}

/// <summary>SOLO's: the images, then <c>&lt;s&gt;[INST] q [/INST]</c>, <c>a&lt;/s&gt;</c>, ..., each tokenized on its own.</summary>
internal sealed class SoloTemplate : ChatTemplate
{
    public override string Name => "solo";

    public override bool AddsSpecialTokens => false;

    public override string EndText => "</s>";

    protected override RenderedChat RenderValid(Sample sample, int? promptTurn)
    {
        var (system, exchanges) = Parts(sample);
        if (system is not null)
        {
            throw Refuses(sample, "system_not_supported", "has no place for a system turn; remove it or use llava_v1");
        }

        var writer = new ChatWriter().Write(string.Concat(Enumerable.Repeat(ImageTag.Text, sample.Images.Count)));
        var begin = "<s>";
        foreach (var exchange in exchanges)
        {
            writer.Cut().Write($"{begin}[INST] {Blanks.Strip(ImageTag.RemoveWithLineBreak(exchange.Question))} [/INST]");
            begin = "";
            if (exchange.Turn == promptTurn)
            {
                break;
            }

            writer.Cut().WriteAnswer(exchange.Turn, "", exchange.Answer, EndText);
        }

        return writer.Finish();
    }
}
