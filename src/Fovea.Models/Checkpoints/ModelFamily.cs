using Fovea.Core.Extending;
using Fovea.Core.Json;
using Fovea.Models.Configs;

namespace Fovea.Models.Checkpoints;

/// <summary>A family of models in one form, as the catalogue lists it: which configurations are its own, and how a folder with one is opened.</summary>
public sealed record ModelFamily : ICatalogued
{
    internal ModelFamily(string name, string help, Func<ForeignJson, bool> recognises, Func<FolderToOpen, ModelPlan> open) =>
        (Name, Help, Recognises, Open) = (name, help, recognises, open);

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public string Help { get; }

    /// <summary>Whether a <c>config.json</c> is of this family.</summary>
    public Func<ForeignJson, bool> Recognises { get; }

    /// <summary>Opens a folder without reading elements.</summary>
    internal Func<FolderToOpen, ModelPlan> Open { get; }

    /// <summary>
    /// A family of text-only decoders with keys and names of its own: RMS norms, rotary positions, grouped-query attention and a gated MLP, as
    /// <see cref="DecoderConfig"/> says.
    /// </summary>
    /// <param name="name">What it is called.</param>
    /// <param name="help">What it is, in one line.</param>
    /// <param name="recognises">Whether a <c>config.json</c> is of this family.</param>
    /// <param name="read">Its configuration; keys that it neither reads nor allows are refused.</param>
    /// <param name="names">From a tensor's name in its files to the parameter's (that of Transformers' Llama); null for what is not needed.</param>
    public static ModelFamily OfText(string name, string help, Func<ForeignJson, bool> recognises, Func<ForeignJson, DecoderConfig> read,
        Func<string, string?> names) =>
        new(name, help, recognises, folder => TextLayout.Open(folder, name, read(folder.Json), names));

    /// <summary>
    /// A family of vision-language models with keys and names of its own: a CLIP or SigLIP tower, a projector and a decoder, as <see cref="LlavaConfig"/> says.
    /// </summary>
    /// <param name="name">What it is called.</param>
    /// <param name="help">What it is, in one line.</param>
    /// <param name="recognises">Whether a <c>config.json</c> is of this family.</param>
    /// <param name="read">Its configuration; keys that it neither reads nor allows are refused.</param>
    /// <param name="names">From a tensor's name in its files to the parameter's (that of Transformers 4.52's LLaVA); null for what is not needed.</param>
    public static ModelFamily OfLlava(string name, string help, Func<ForeignJson, bool> recognises, Func<ForeignJson, LlavaConfig> read,
        Func<string, string?> names) =>
        new(name, help, recognises, folder => LlavaLayout.Open(folder, name, read(folder.Json), names));
}

/// <summary>A model's folder that is being opened.</summary>
/// <param name="Folder">The folder.</param>
/// <param name="Json">Its <c>config.json</c>.</param>
/// <param name="Options">What it does not say.</param>
/// <param name="ToLoad">False for looking only: what the folder lacks for loading is then noted, not an error.</param>
internal sealed record FolderToOpen(string Folder, ForeignJson Json, LoadOptions Options, bool ToLoad);
