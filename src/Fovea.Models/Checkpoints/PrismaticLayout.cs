using Fovea.Core.Json;
using Fovea.Models.Configs;
using Fovea.Models.Families;

namespace Fovea.Models.Checkpoints;

/// <summary>
/// Open-Qwen2VL's checkpoints, as its Prismatic code writes them: <c>config.json</c> with a <c>model</c> object, projector and decoder in
/// <c>checkpoints/latest-checkpoint.pt</c>, the tower and the decoder's configuration in folders beside it.
/// </summary>
internal static class PrismaticLayout
{
    /// <summary>The family in the catalogue.</summary>
    public static ModelFamily Family { get; } = new("openqwen2vl", "Open-Qwen2VL, as its Prismatic code writes it",
        json => json.OptionalObject("model") is not null, f => Open(f.Folder, f.Json, f.Json.OptionalObject("model")!, f.Options));

    private const string WeightsStem = "checkpoints/latest-checkpoint";
    private const string DecoderName = "llm";
    private static readonly string[] WeightsEndings = [".safetensors", ".safetensors" + TensorSources.IndexSuffix, ".pt"];

    public static ModelPlan Open(string dir, ForeignJson json, ForeignJson model, LoadOptions options)
    {
        var decoderFolder = TowerFolders.Inside(dir, DecoderName)
            ?? (json.OptionalText("mount_path") is { } mounted ? TowerFolders.Inside(dir, mounted) : null)
            ?? throw json.Error("model.llm_backbone_id",
                $"'{model.Text("llm_backbone_id", "")}' is not in this folder; put the decoder's config.json into '{DecoderName}' here");
        var towerFolder = TowerFolders.Find(dir, options.TowerFolder, null)
            ?? throw json.Error("model.vision_backbone_id",
                $"'{model.Text("vision_backbone_id", "")}' is not in this folder; give the tower's folder, or put it into '{TowerFolders.Name}' here");
        json.Allow(ModelKeys.Common, ModelKeys.PrismaticRun);
        var (decoder, decoderDocument) = ForeignJson.Read(Path.Combine(decoderFolder, ModelLayouts.ConfigName),
            own => (DecoderConfig.Read(own), new ConfigDocument($"{DecoderName}/{ModelLayouts.ConfigName}", own)));
        var (tower, towerDocument) = TowerFolders.Read(towerFolder);
        var imageTokenId = options.ImageTokenId ?? json.OptionalWholeNumber("image_token_index")
            ?? AddedTokenIds.Read(dir).Find("<image>") ?? AddedTokenIds.Read(decoderFolder).Find("<image>");
        var config = LlavaConfig.ReadPrismatic(model, decoder, tower, imageTokenId);
        return new ModelPlan
        {
            Folder = dir,
            Family = "openqwen2vl",
            Layout = "prismatic",
            Text = config.Text,
            Vision = config.Vision,
            Specs = [.. LlavaModel.Specs(config)],
            Parts = OpenParts(WeightsFile(dir), towerFolder),
            Documents =
            [
                new ConfigDocument(ModelLayouts.ConfigName, json),
                decoderDocument,
                towerDocument,
            ],
            TokensPerImage = config.TokensPerImage,
            ImageTokenId = config.ImageTokenId,
            Build = p => new LlavaModel(config, p),
        };
    }

    private static CheckpointPart[] OpenParts(string weights, string tower)
    {
        var source = TensorSources.Open(weights);
        try
        {
            return
            [
                new CheckpointPart(source, WeightsStem, LlavaNames.Prismatic),
                new CheckpointPart(TensorSources.Open(tower), $"{TowerFolders.Name}/model", LlavaNames.OfTower),
            ];
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    private static string WeightsFile(string dir)
    {
        var files = WeightsEndings.Select(e => Path.Combine(dir, WeightsStem + e)).ToArray();
        return files.FirstOrDefault(File.Exists) ?? throw new InvalidInputException(files[^1], null, "not found; expected a model's weights");
    }
}
