using Fovea.Core.Extending;

namespace Fovea.Data.Templates;

/// <summary>The chat templates.</summary>
public static class ChatTemplates
{
    /// <summary>Those that Fovea has; others are added with <see cref="Catalogue{T}.With"/>.</summary>
    public static Catalogue<ChatTemplate> BuiltIn { get; } = new("chat template",
    [
        new LlavaPlainTemplate(),
        new LlavaV1Template(),
        new LlavaHfTemplate(),
        new ChatMlTemplate(writesDefaultSystem: true),
        new ChatMlTemplate(writesDefaultSystem: false),
        new MistralInstructTemplate(),
        new SoloTemplate(),
    ]);

    /// <summary>The template of a name.</summary>
    /// <exception cref="FoveaException">There is none; the message lists the known ones.</exception>
    public static ChatTemplate Called(this Catalogue<ChatTemplate> templates, string name) => templates.Find(name) ?? throw new FoveaException(
        $"unknown chat template "
            + $"\"{Quoted.Shorten(name)}\"{(name == "vicuna" ? " (did you mean 'vicuna_v1', which is llava_v1?)" : NearestName.Hint(name, templates.Names))}; "
        + $"known are {string.Join(", ", templates.Names)} (and auto, which chooses by family and sample, and checkpoint, the model folder's own)");
}
