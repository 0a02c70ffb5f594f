using Fovea.Models.Batching;
using Fovea.Models.Families;
using Fovea.Models.Guidance;
using TorchSharp;

namespace Fovea.Extensions;

/// <summary>The mean of the scores with the image and without it: what a model says that half trusts its eyes.</summary>
public sealed class HalfBlind : DecodingMethod
{
    public static DecodingDefinition Definition { get; } = new("half-blind", "the mean of the scores with and without the image", [], _ => new HalfBlind());

    public override string Name => "half-blind";

    public override IReadOnlyDictionary<string, string> Settings => new Dictionary<string, string>();

    public override bool IsPlain => false;

    public override bool Contrasts => true;

    public override torch.Tensor Combine(torch.Tensor scores, torch.Tensor contrast) => torch.stack([scores, contrast], 0).mean([0]);

    protected override ExpandedSample Contrast(DecoderModel model, ExpandedSample prompt, PromptImages? images) => WithoutImages(model, prompt);
}
