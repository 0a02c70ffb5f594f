using Fovea.Core.Json;
using Fovea.Models.Configs;
using Fovea.Models.Decoders;
using Fovea.Models.Families;
using Fovea.Models.Vision;

namespace Fovea.Models.Checkpoints;

/// <summary>LLaVA as Transformers writes it, in each of its versions.</summary>
internal static class LlavaLayout
{
    /// <summary>The family in the catalogue.</summary>
    public static ModelFamily Family { get; } = new("llava", "LLaVA as Transformers writes it: tower, projector, decoder",
        json => json.Text("model_type", "") == "llava", folder => Open(folder, "llava", LlavaConfig.Read(folder.Json), LlavaNames.Canonical));

    /// <summary>Opens a folder with one file of configuration.</summary>
    public static ModelPlan Open(FolderToOpen folder, string family, LlavaConfig config, Func<string, string?> names)
    {
        folder.Json.RejectOthers();
        var source = TensorSources.Open(folder.Folder);
        if (IsTieUnclear(folder.Json))
        {
            // Versions of Transformers disagree on which of the two counts; what is stored decides.
            var hasHead = source.Tensors.Keys.Any(n => names(n) == Decoder.HeadName);
            config = config with { Text = config.Text with { TieWordEmbeddings = !hasHead } };
        }

        return new ModelPlan
        {
            Folder = folder.Folder,
            Family = family,
            Layout = LayoutOf(source),
            Text = config.Text,
            Vision = config.Vision,
            Specs = [.. LlavaModel.Specs(config)],
            Parts = [new CheckpointPart(source, ModelLayouts.Stem, names)],
            Documents = [new ConfigDocument(ModelLayouts.ConfigName, folder.Json)],
            TokensPerImage = config.TokensPerImage,
            ImageTokenId = config.ImageTokenId,
            Companions = config.Vision.Onnx is null ? [] : [OnnxTower.Find(folder.Folder, config.Vision)],
            Build = p => new LlavaModel(config, p, config.Vision.Onnx is null ? null : OnnxTower.Load(folder.Folder, config.Vision)),
        };
    }

    private static bool IsTieUnclear(ForeignJson json) => json.OptionalObject("text_config") is { } text
        && json.Has("tie_word_embeddings") && text.Has("tie_word_embeddings")
        && json.Flag("tie_word_embeddings", false) != text.Flag("tie_word_embeddings", false);

    private static string LayoutOf(ITensorSource source) =>
        source.Tensors.Keys.Any(n => n.StartsWith(LlavaModel.TextPrefix, StringComparison.Ordinal)) ? "transformers 4.52"
        : source.Tensors.Keys.Any(n => n.StartsWith("vision_tower.vision_model.", StringComparison.Ordinal)) ? "transformers before 4.52"
        : "transformers 5";
}
