using Fovea.Models.Batching;
using Fovea.Models.Families;
using Fovea.Torch;
using static TorchSharp.torch;

namespace Fovea.Models.Guidance;

/// <summary>
/// PAI (arXiv 2407.21771): in a range of layers an answer's queries score image keys <c>s + alpha |s|</c> before the softmax; then
/// <c>gamma (c - u) + u</c>, c the log-probabilities so made and u those of the prompt without image tokens, of ids whose probability by c is at least beta of
/// the likeliest one's. Either half may be left out: alpha = 0, gamma = 1.
/// </summary>
public sealed class PaiMethod : DecodingMethod
{
    /// <summary>The method in the catalogue.</summary>
    public static DecodingDefinition Definition { get; } = new(
        "pai", "PAI: more attention on image tokens, guidance against the prompt without them; alpha (0.2), gamma (1.1), beta (0.1), "
            + "first_layer (2), end_layer (all)",
        ["alpha", "gamma", "beta", "first_layer", "end_layer"],
        request => new PaiMethod
        {
            Alpha = request.Number("alpha", otherwise: 0.2, atLeast: 0),
            Gamma = request.Number("gamma", otherwise: 1.1, atLeast: 0),
            Beta = request.Number("beta", otherwise: 0.1, atLeast: 0, atMost: 1),
            FirstLayer = request.Whole("first_layer", otherwise: 2, atLeast: 0),
            EndLayer = request.Has("end_layer") ? request.Whole("end_layer", otherwise: 0, atLeast: 1) : null,
        });

    /// <summary>Strength of the change in attention.</summary>
    public double Alpha { get; init; } = 0.2;

    /// <summary>Of the guidance: 1 for none.</summary>
    public double Gamma { get; init; } = 1.1;

    /// <summary>Of the likeliest id's probability, the least that an id needs where there is guidance; 0 for no constraint.</summary>
    public double Beta { get; init; } = 0.1;

    /// <summary>The first layer whose attention changes, from 0.</summary>
    public int FirstLayer { get; init; } = 2;

    /// <summary>The first layer behind that one whose attention does not; null for none.</summary>
    public int? EndLayer { get; init; }

    /// <inheritdoc/>
    public override string Name => "pai";

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> Settings
    {
        get
        {
            var settings = new Dictionary<string, string>
            {
                ["alpha"] = Write(Alpha),
                ["gamma"] = Write(Gamma),
                ["beta"] = Write(Beta),
                ["first_layer"] = Write(FirstLayer),
            };
            if (EndLayer is { } end)
            {
                settings["end_layer"] = Write(end);
            }

            return settings;
        }
    }

    /// <inheritdoc/>
    public override bool IsPlain => Alpha == 0 && !Contrasts;

    /// <inheritdoc/>
    public override bool Contrasts => Gamma != 1;

    /// <inheritdoc/>
    public override bool ReadsAttention => Alpha != 0;

    /// <inheritdoc/>
    public override BatchAttention? Attention(PromptRows rows, int numLayers)
    {
        var end = EndLayer ?? numLayers;
        return Alpha == 0 ? null
            : FirstLayer < end && end <= numLayers ? new ImageBoost(rows, (float)Alpha, FirstLayer, end)
            : throw new FoveaException($"decoding by pai: layers {FirstLayer} to {end - 1} of a decoder that has {numLayers}; give first_layer and end_layer "
                + $"within 0 to {numLayers}, e.g. pai@first_layer=0");
    }

    /// <inheritdoc/>
    public override Tensor Combine(Tensor scores, Tensor contrast)
    {
        using var scope = NewDisposeScope();
        var (own, text) = (scores.log_softmax(-1), contrast.log_softmax(-1));
        return OnlyPlausible(own.Plus(text.Times(-1)).Times(Gamma).Plus(text), own, Beta).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    protected override ExpandedSample Contrast(DecoderModel model, ExpandedSample prompt, PromptImages? images) => WithoutImages(model, prompt);

    private sealed class ImageBoost(PromptRows rows, float alpha, int first, int end) : BatchAttention(rows)
    {
        public override bool Reads(int layer) => layer >= first && layer < end;

        public override Tensor OnScores(int layer, Tensor scores)
        {
            var (queries, keys) = (scores.shape[2], scores.shape[3]);
            var places = ImageKeys(keys).view(-1, 1, 1, keys).logical_and(AnswerQueries(queries, keys).view(1, 1, queries, 1)); // [rows, 1, query, key]
            var seen = places.logical_and(scores.isfinite()); // -inf + inf would be no number
            return where(seen, scores.Plus(scores.abs().Times(alpha)), scores);
        }
    }
}
