using Fovea.Data.Images;
using Fovea.Data.Templates;
using Fovea.Data.Tokenizers;
using Fovea.Models.Batching;
using Fovea.Models.Families;
using Fovea.Models.Guidance;
using Fovea.Pipeline.Stages;

namespace Fovea.Pipeline.Prompting;

/// <summary>A question as a model reads it, with what ends an answer to it: made by the classes that make training samples.</summary>
/// <param name="Expanded">Ids with image tokens, and images.</param>
/// <param name="EndIds">The template's, the tokenizer's and those of the model's folder.</param>
/// <param name="Template">Name of the template that was used.</param>
/// <param name="Tokenizer">Reads the answer.</param>
public sealed record Prompt(ExpandedSample Expanded, int[] EndIds, string Template, Tokenizer Tokenizer)
{
    /// <summary>No template: the text as it stands, with the tokenizer's own special tokens around it.</summary>
    public const string NoTemplate = "none";

    private const string Tag = "<image>";
    private static readonly SampleKey Key = new("--prompt", 0);

    /// <summary>Reads pictures; before the model, since that takes longer.</summary>
    public static RgbImage[] ReadImages(IReadOnlyList<string> files) => [.. files.Select(ImageFile.Decode)];

    /// <summary>Makes a prompt.</summary>
    /// <param name="model">The model.</param>
    /// <param name="folder">Its folder: tokenizer, image processor, end ids.</param>
    /// <param name="text">The question; without a tag <c>&lt;image&gt;</c> the images stand before it.</param>
    /// <param name="images">The images, in the order of their tags.</param>
    /// <param name="template">A template's name, <c>auto</c>, <c>checkpoint</c> or <c>none</c>.</param>
    /// <param name="method">Prepares it; null for plain decoding.</param>
    public static Prompt Create(DecoderModel model, string folder, string text, RgbImage[] images, string template, DecodingMethod? method = null)
    {
        if (images.Length > 0 && !model.SeesImages)
        {
            throw new FoveaException($"{folder}: a {model.Family} model that sees no images; leave --image out, or name a model with a vision side");
        }

        if (images.Length > 0 && !text.Contains(Tag, StringComparison.Ordinal))
        {
            text = string.Concat(Enumerable.Repeat(Tag + "\n", images.Length)) + text;
        }

        var tokenizer = ModelFit.Tokenizer(folder);
        var processor = images.Length > 0 ? new ImageProcessor(ModelFit.Processor(folder)) : null;
        var unit = Array.ConvertAll(images, i => processor!.Rescale(i));
        var pixels = Array.ConvertAll(unit, u => processor!.Normalize(u));
        // Without a template the encoder's is not used; this one fits any tokenizer.
        var encoder = new SampleEncoder(tokenizer, template == NoTemplate
            ? TemplateChoice.Parse("llava_plain") : TemplateChoice.ForModel(template, folder, tokenizer));
        var sample = new Sample(Key, null, [.. images.Select((_, i) => $"image {i}")], [new Turn(Role.Human, text), new Turn(Role.Assistant, "")]);
        var used = encoder.Templates.For(sample);
        var ids = template == NoTemplate ? Plain(encoder.Tokenizer, text) : encoder.EncodePrompt(sample, 1);
        int?[] ends = [template == NoTemplate ? null : encoder.EndIdOf(used), tokenizer.EosId, .. Models.Generation.EndIds.Read(folder)];
        var expanded = SampleExpander.ExpandPrompt(model, Key, ids, pixels);
        return new Prompt(
            method?.Prepare(model, expanded, processor is null ? null : new PromptImages(Key, unit, processor)) ?? expanded, [.. ends.OfType<int>().Distinct()], template == NoTemplate
                ? NoTemplate : used.Name, tokenizer);
    }

    private static int[] Plain(Tokenizer tokenizer, string text)
    {
        var image = tokenizer.IdOf(Tag);
        return [.. tokenizer.Encode(text, addSpecialTokens: true).Ids.Select(i => i == image ? TokenizedSample.ImagePlaceholder : i)];
    }
}
