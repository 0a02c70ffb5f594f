using Fovea.Models.Configs;
using Fovea.Models.Families;

namespace Fovea.Models.Checkpoints;

/// <summary>SOLO's checkpoints: a Mistral decoder and the map of its patches.</summary>
internal static class SoloLayout
{
    /// <summary>The family in the catalogue.</summary>
    public static ModelFamily Family { get; } = new("solo", "SOLO: a decoder that reads patches",
        json => json.Texts("architectures").Contains("SoloForCausalLM") || json.Has("vision_patch_size"), Open);

    private static ModelPlan Open(FolderToOpen folder)
    {
        var ids = folder.Options.VisionTokenIds ?? (folder.ToLoad ? null : new VisionTokenIds(0, 0, 0, 0));
        var config = SoloConfig.Read(folder.Json, ids);
        folder.Json.RejectOthers();
        return new ModelPlan
        {
            Folder = folder.Folder,
            Family = "solo",
            Layout = "transformers",
            Text = config.Text,
            Specs = [.. SoloModel.Specs(config)],
            Parts = [new CheckpointPart(TensorSources.Open(folder.Folder), ModelLayouts.Stem, LlavaNames.OfText)],
            Documents = [new ConfigDocument(ModelLayouts.ConfigName, folder.Json)],
            Build = p => new SoloModel(config, p),
            PatchSize = config.PatchSize,
        };
    }
}
