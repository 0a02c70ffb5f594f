using Fovea.Core.Json;
using Fovea.Core.Provenance;
using Fovea.Models.Configs;
using Fovea.Models.Families;
using Fovea.Models.Parameters;

namespace Fovea.Models.Checkpoints;

/// <summary>Recognises in which form a folder holds a model, and opens it without reading elements.</summary>
internal static class ModelLayouts
{
    public const string ConfigName = DecisiveFiles.Config;
    private const string Stem = "model";

    /// <summary>Opens a folder.</summary>
    /// <param name="dir">The folder.</param>
    /// <param name="options">What it does not say.</param>
    /// <param name="toLoad">False for looking only: what a folder lacks for loading is then noted, not an error.</param>
    public static ModelPlan Open(string dir, LoadOptions options, bool toLoad = true) =>
        ForeignJson.Read(Path.Combine(dir, ConfigName), json => Open(dir, json, options, toLoad));

    private static ModelPlan Open(string dir, ForeignJson json, LoadOptions options, bool toLoad)
    {
        json.RefuseQuantised();
        if (json.OptionalObject("model") is { } model)
        {
            return PrismaticLayout.Open(dir, json, model, options);
        }

        if (!json.Has("text_config") && (json.Has("mm_projector_type") || json.Has("mm_vision_tower")))
        {
            return OriginalLlavaLayout.Open(dir, json, options, toLoad);
        }

        if (json.Text("model_type", "") == "llava")
        {
            return OpenLlava(dir, json);
        }

        if (json.Texts("architectures").Contains("SoloForCausalLM") || json.Has("vision_patch_size"))
        {
            var ids = options.VisionTokenIds ?? (toLoad ? null : new VisionTokenIds(0, 0, 0, 0));
            return OpenText(dir, json, "solo", SoloConfig.Read(json, ids), c => c.Text,
                (c, text) => SoloModel.Specs(c with { Text = text }), (c, text, p) => new SoloModel(c with { Text = text }, p), c => c.PatchSize);
        }

        if (!json.Has("model_type"))
        {
            throw json.Error("model_type", "missing; expected llama, mistral, qwen2 or llava");
        }

        var decoder = DecoderConfig.Read(json);
        return OpenText(dir, json, decoder.ModelType, decoder, c => c, (_, text) => TextModel.Specs(text), (_, text, p) => new TextModel(text, p), _ => null);
    }

    private static ModelPlan OpenText<T>(string dir, ForeignJson json, string family, T config, Func<T, DecoderConfig> textOf,
        Func<T, DecoderConfig, IEnumerable<ParameterSpec>> specs, Func<T, DecoderConfig, ParameterSet, DecoderModel> build, Func<T, int?> patchOf)
    {
        json.RejectOthers();
        var text = textOf(config);
        return new ModelPlan
        {
            Folder = dir,
            Family = family,
            Layout = "transformers",
            Text = text,
            Specs = [.. specs(config, text)],
            Parts = [new CheckpointPart(TensorSources.Open(dir), Stem, LlavaNames.OfText)],
            Documents = [new ConfigDocument(ConfigName, json)],
            Build = p => build(config, text, p),
            PatchSize = patchOf(config),
        };
    }

    private static ModelPlan OpenLlava(string dir, ForeignJson json)
    {
        var config = LlavaConfig.Read(json);
        json.RejectOthers();
        var source = TensorSources.Open(dir);
        var own = json.OptionalObject("text_config");
        if (own is { } text && json.Has("tie_word_embeddings") && text.Has("tie_word_embeddings")
            && json.Flag("tie_word_embeddings", false) != text.Flag("tie_word_embeddings", false))
        {
            // Versions of Transformers disagree on which of the two counts; what is stored decides.
            var hasHead = source.Tensors.Keys.Any(n => LlavaNames.Canonical(n) == Decoders.Decoder.HeadName);
            config = config with { Text = config.Text with { TieWordEmbeddings = !hasHead } };
        }

        return new ModelPlan
        {
            Folder = dir,
            Family = "llava",
            Layout = LayoutOf(source),
            Text = config.Text,
            Vision = config.Vision,
            Specs = [.. LlavaModel.Specs(config)],
            Parts = [new CheckpointPart(source, Stem, LlavaNames.Canonical)],
            Documents = [new ConfigDocument(ConfigName, json)],
            TokensPerImage = config.TokensPerImage,
            ImageTokenId = config.ImageTokenId,
            Build = p => new LlavaModel(config, p),
        };
    }

    private static string LayoutOf(ITensorSource source) =>
        source.Tensors.Keys.Any(n => n.StartsWith(LlavaModel.TextPrefix, StringComparison.Ordinal)) ? "transformers 4.52"
        : source.Tensors.Keys.Any(n => n.StartsWith("vision_tower.vision_model.", StringComparison.Ordinal)) ? "transformers before 4.52"
        : "transformers 5";
}
