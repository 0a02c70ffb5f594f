using Fovea.Core.Extending;
using Fovea.Core.Json;
using Fovea.Data.Tokenizers;

namespace Fovea.Data.Templates;

/// <summary>Which conversation template a model's family uses by default.</summary>
public static class TemplateFamily
{
    /// <summary>
    /// <c>solo</c> for SOLO, <c>chatml</c> for a Qwen text model, <c>llava_v1</c> for everything else. The folder's <c>config.json</c> decides; without one, a
    /// tokenizer whose only end token of the two is <c>&lt;|im_end|&gt;</c> is Qwen's.
    /// </summary>
    /// <param name="folder">A model's or a tokenizer's folder.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="templates">The templates, whose <see cref="ChatTemplate.Models"/> decide; the last listed first.</param>
    /// <exception cref="InvalidInputException">The <c>config.json</c> is malformed.</exception>
    public static string ConversationOf(string folder, Tokenizer tokenizer, Catalogue<ChatTemplate> templates)
    {
        var path = Path.Combine(folder, DecisiveFiles.Config);
        if (File.Exists(path))
        {
            var config = ForeignJson.Open(path);
            var names = Names(config).ToList();
            if (templates.Reverse().FirstOrDefault(t => names.Exists(n => t.Models.Any(m => n.Contains(m, StringComparison.OrdinalIgnoreCase)))) is { } own)
            {
                return own.Name;
            }
        }

        return IsOneToken("<|im_end|>") && !IsOneToken("</s>") ? "chatml" : "llava_v1";

        bool IsOneToken(string text) => tokenizer.Encode(text, addSpecialTokens: false).Ids is [var id] && tokenizer.IdOf(text) == id;
    }

    /// <summary>All that a configuration calls its model and its text model, in the layouts of Transformers, LLaVA and Prismatic.</summary>
    private static IEnumerable<string> Names(ForeignJson config)
    {
        foreach (var architecture in config.Optional("architectures")?.Items() ?? [])
        {
            yield return architecture.Text();
        }

        ForeignJson?[] named =
        [
            config.Optional("model_type"), config.Optional("text_config")?.Optional("model_type"),
            config.Optional("model") is { Element.ValueKind: System.Text.Json.JsonValueKind.Object } prismatic ? prismatic.Optional("llm_backbone_id") : null,
        ];
        foreach (var name in named)
        {
            if (name is not null)
            {
                yield return name.Text();
            }
        }
    }
}
