using Fovea.Models.Configs;
using Fovea.Models.Decoders;
using Fovea.Models.Parameters;
using TorchSharp;

namespace Fovea.Models.Families;

/// <summary>A text-only language model of the llama, mistral or qwen2 family: PRIOR's reference (<c>p_ref</c>), or a decoder's starting point.</summary>
public sealed class TextModel : DecoderModel
{
    private const string Prefix = "model.";

    /// <summary>Takes ownership of the parameters.</summary>
    internal TextModel(DecoderConfig config, ParameterSet parameters)
        : base(parameters, new Decoder(config, parameters, Prefix))
    {
    }

    /// <inheritdoc/>
    public override string Family => Decoder.Config.ModelType;

    /// <inheritdoc/>
    public override bool SeesImages => false;

    /// <inheritdoc/>
    public override int[] ImageTokenIds(int height, int width) =>
        throw new FoveaException($"{Family}: a text-only model has no image tokens; leave images out");

    /// <inheritdoc/>
    public override torch.Tensor Embed(torch.Tensor inputIds, torch.Tensor? pixelValues) => pixelValues is null
        ? Decoder.Embed(inputIds)
        : throw new FoveaException($"{Family}: a text-only model was given pixel values; leave images out");

    /// <inheritdoc/>
    public override torch.Tensor? PackPixels(IReadOnlyList<PixelValues> images) => images.Count == 0
        ? null
        : throw new FoveaException($"{Family}: a text-only model was given {images.Count} images; leave them out");

    internal override JsonObject WriteConfig() => Decoder.Config.Write(Family switch
    {
        "mistral" => "MistralForCausalLM",
        "qwen2" => "Qwen2ForCausalLM",
        _ => "LlamaForCausalLM",
    });

    internal static IEnumerable<ParameterSpec> Specs(DecoderConfig config) => Decoder.Specs(config, Prefix);
}
