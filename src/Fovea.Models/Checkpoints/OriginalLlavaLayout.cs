using Fovea.Core.Json;
using Fovea.Models.Configs;
using Fovea.Models.Decoders;
using Fovea.Models.Families;

namespace Fovea.Models.Checkpoints;

/// <summary>
/// Checkpoints of the original LLaVA code and of ShareGPT4V: decoder and projector in one, the tower only named (<c>mm_vision_tower</c>),
/// or in the checkpoint where it was trained.
/// </summary>
internal static class OriginalLlavaLayout
{
    /// <summary>The family in the catalogue.</summary>
    public static ModelFamily Family { get; } = new("original-llava", "LLaVA as its own code and ShareGPT4V write it",
        json => !json.Has("text_config") && (json.Has("mm_projector_type") || json.Has("mm_vision_tower")), f => Open(f.Folder, f.Json, f.Options, f.ToLoad));

    private const string TowerInside = "model.vision_tower.";

    public static ModelPlan Open(string dir, ForeignJson json, LoadOptions options, bool toLoad)
    {
        var source = TensorSources.Open(dir);
        try
        {
            return Open(dir, json, options, toLoad, source);
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    private static ModelPlan Open(string dir, ForeignJson json, LoadOptions options, bool toLoad, ITensorSource source)
    {
        var named = json.OptionalText("mm_vision_tower") ?? json.OptionalText("mm_image_tower") ?? "";
        var inside = source.Tensors.Keys.Any(n => n.StartsWith(TowerInside, StringComparison.Ordinal));
        var folder = TowerFolders.Find(dir, options.TowerFolder, named);
        var tower = folder is null ? ((VisionConfig, ConfigDocument)?)null : TowerFolders.Read(folder);
        var vision = tower is { Item1: var own } ? own : inside ? TowerFolders.Published(named) : null;
        if (vision is null)
        {
            return toLoad ? throw NoTower(json, named) : WithoutTower(dir, json, source, $"its vision tower, '{named}'");
        }

        var imageTokenId = options.ImageTokenId ?? json.OptionalWholeNumber("image_token_index") ?? AddedTokenIds.Read(dir).Find("<image>");
        var config = LlavaConfig.ReadOriginal(json, vision, imageTokenId);
        List<CheckpointPart> parts = [new CheckpointPart(source, "model", LlavaNames.Original)];
        List<ConfigDocument> documents = [new ConfigDocument(ModelLayouts.ConfigName, json)];
        if (tower is { Item2: var document })
        {
            documents.Add(document);
        }

        if (!inside)
        {
            parts.Add(new CheckpointPart(TensorSources.Open(folder!), $"{TowerFolders.Name}/model", LlavaNames.OfTower));
        }

        return new ModelPlan
        {
            Folder = dir,
            Family = "llava",
            Layout = inside ? "original LLaVA, with its tower" : "original LLaVA",
            Text = config.Text,
            Vision = vision,
            Specs = [.. LlavaModel.Specs(config)],
            Parts = parts,
            Documents = documents,
            TokensPerImage = config.TokensPerImage,
            ImageTokenId = config.ImageTokenId,
            Build = p => new LlavaModel(config, p),
        };
    }

    private static InvalidInputException NoTower(ForeignJson json, string named) => json.Error("mm_vision_tower",
        $"'{named}' is not in this folder; give the tower's folder, or put it into '{TowerFolders.Name}' here");

    /// <summary>What can be said of a checkpoint whose tower is elsewhere.</summary>
    private static ModelPlan WithoutTower(string dir, ForeignJson json, ITensorSource source, string lacks)
    {
        // A tower of one patch takes the place of the missing one; only decoder and projector are listed.
        var width = json.WholeNumber("mm_hidden_size", 1024);
        var stand = new VisionConfig { ImageSize = 1, PatchSize = 1, HiddenSize = width, IntermediateSize = 1, NumLayers = 64, NumHeads = 1 };
        var config = LlavaConfig.ReadOriginal(json, stand, null);
        return new ModelPlan
        {
            Folder = dir,
            Family = "llava",
            Layout = "original LLaVA",
            Text = config.Text,
            Specs =
            [
                .. Vision.Projector.Specs(width, config.Text.HiddenSize, config.ProjectorDepth, true, 0, LlavaModel.ProjectorPrefix),
                .. Decoder.Specs(config.Text, LlavaModel.TextPrefix),
            ],
            Parts = [new CheckpointPart(source, "model", LlavaNames.Original)],
            Documents = [new ConfigDocument(ModelLayouts.ConfigName, json)],
            Build = _ => throw NoTower(json, lacks),
            Lacks = lacks,
        };
    }
}
