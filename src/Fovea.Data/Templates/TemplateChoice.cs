using Fovea.Core.Extending;
using Fovea.Data.Tokenizers;

namespace Fovea.Data.Templates;

/// <summary>
/// Which template a sample is rendered with: a fixed one, or by sample (<c>auto</c>): <c>llava_plain</c> where the sample is one exchange with images whose
/// question is only <c>&lt;image&gt;</c> tags, else the family's conversation template.
/// </summary>
public sealed class TemplateChoice
{
    /// <summary>The choice by sample.</summary>
    public const string Auto = "auto";

    /// <summary>The choice of the checkpoint's own template.</summary>
    public const string Checkpoint = "checkpoint";

    private readonly ChatTemplate? _captions;

    private TemplateChoice(string name, ChatTemplate conversation, ChatTemplate? captions)
    {
        Name = name;
        Conversation = conversation;
        _captions = captions;
    }

    /// <summary>The name it was asked for by, <c>auto</c> included.</summary>
    public string Name { get; }

    /// <summary>The template of all that is no bare caption.</summary>
    public ChatTemplate Conversation { get; }

    /// <summary>Reads a choice.</summary>
    /// <param name="name"><c>auto</c> or a template's name.</param>
    /// <param name="conversation">The conversation template under <c>auto</c>.</param>
    /// <param name="templates">The templates there are; null for Fovea's.</param>
    /// <exception cref="FoveaException">A name is unknown.</exception>
    public static TemplateChoice Parse(string name, string conversation = "llava_v1", Catalogue<ChatTemplate>? templates = null) => name == Auto
        ? new TemplateChoice(name, (templates ?? ChatTemplates.BuiltIn).Called(conversation), new LlavaPlainTemplate())
        : new TemplateChoice(name, (templates ?? ChatTemplates.BuiltIn).Called(name), null);

    /// <summary>Checks a name that is read for a model later.</summary>
    /// <exception cref="FoveaException">It is unknown.</exception>
    public static void Check(string name, Catalogue<ChatTemplate> templates) => _ = name is Auto or Checkpoint ? null : templates.Called(name);

    /// <summary>
    /// Reads a choice for a model: <c>auto</c> goes by the model's family, <c>checkpoint</c> takes the template that the folder brings along.
    /// </summary>
    /// <param name="name"><c>auto</c>, <c>checkpoint</c> or a template's name.</param>
    /// <param name="folder">The model's or tokenizer's folder.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="templates">The templates there are; null for Fovea's.</param>
    /// <exception cref="FoveaException">A name is unknown, or the folder's own template is missing or not known.</exception>
    public static TemplateChoice ForModel(string name, string folder, Tokenizer tokenizer, Catalogue<ChatTemplate>? templates = null) => name switch
    {
        Auto => Parse(name, TemplateFamily.ConversationOf(folder, tokenizer, templates ?? ChatTemplates.BuiltIn), templates),
        Checkpoint => new TemplateChoice(name, (CheckpointTemplate.Find(folder)
            ?? throw new InvalidInputException(folder, null, $"contains no chat template; name one with --template ({string.Join(", ", ChatTemplate.Names)}), "
                + $"or as 'template' in a configuration")).Require(), null),
        _ => Parse(name, templates: templates),
    };

    /// <summary>
    /// Reads a choice for scores and training: <c>auto</c> is one for all families, so that models of different families share a text-only reference's scores;
    /// only a tokenizer without <c>llava_v1</c>'s end token takes its family's template.
    /// </summary>
    /// <inheritdoc cref="ForModel"/>
    public static TemplateChoice ForScores(string name, string folder, Tokenizer tokenizer, Catalogue<ChatTemplate>? templates = null) =>
        name == Checkpoint || (name == Auto && tokenizer.IdOf("</s>") is null)
            ? ForModel(name, folder, tokenizer, templates) : Parse(name, templates: templates);

    /// <summary>The sample's template.</summary>
    public ChatTemplate For(Sample sample) => _captions is not null && IsBareCaption(sample) ? _captions : Conversation;

    private static bool IsBareCaption(Sample sample) =>
        sample.Images.Count > 0 && sample.Turns.Count == 2 && sample.Turns[0].Role == Role.Human
        && Blanks.Strip(ImageTag.Remove(sample.Turns[0].Text)).Length == 0;
}
