using Fovea.Models.Configs;
using Fovea.Models.Families;

namespace Fovea.Models.Checkpoints;

/// <summary>Text-only decoders as Transformers writes them.</summary>
internal static class TextLayout
{
    /// <summary>The families in the catalogue.</summary>
    public static ModelFamily[] Families { get; } = [Of("llama"), Of("mistral"), Of("qwen2")];

    /// <summary>Opens a folder with one file of configuration.</summary>
    public static ModelPlan Open(FolderToOpen folder, string family, DecoderConfig config, Func<string, string?> names)
    {
        folder.Json.RejectOthers();
        return new ModelPlan
        {
            Folder = folder.Folder,
            Family = family,
            Layout = "transformers",
            Text = config,
            Specs = [.. TextModel.Specs(config)],
            Parts = [new CheckpointPart(TensorSources.Open(folder.Folder), ModelLayouts.Stem, names)],
            Documents = [new ConfigDocument(ModelLayouts.ConfigName, folder.Json)],
            Build = p => new TextModel(config, p),
        };
    }

    private static ModelFamily Of(string type) => new(type, $"text-only decoders of type {type}",
        json => json.Text("model_type", "") == type, folder => Open(folder, type, DecoderConfig.Read(folder.Json), LlavaNames.OfText));
}
