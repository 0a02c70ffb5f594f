using Fovea.Models.Batching;
using Fovea.Models.Families;
using static TorchSharp.torch;

namespace Fovea.Models.Guidance;

/// <summary>Where the prompts of a batch and their images lie: padded on the left to the longest, new tokens behind them.</summary>
/// <param name="IsImage">Whether a prompt's place holds an image token: <c>[rows][longest]</c>.</param>
/// <param name="Lengths">Tokens of each prompt, which are its row's last: <c>[rows]</c>.</param>
/// <param name="Device">Where the batch is computed.</param>
public sealed record PromptRows(IReadOnlyList<bool[]> IsImage, IReadOnlyList<int> Lengths, Device Device)
{
    /// <summary>Those of some prompts.</summary>
    public static PromptRows Of(DecoderModel model, IReadOnlyList<ExpandedSample> prompts)
    {
        var longest = prompts.Max(p => p.InputIds.Length);
        bool[] Row(ExpandedSample prompt) =>
            [.. new bool[longest - prompt.InputIds.Length], .. prompt.InputIds.Select(model.IsImageToken)];
        return new PromptRows([.. prompts.Select(Row)], [.. prompts.Select(p => p.InputIds.Length)], model.Decoder.Device);
    }

    /// <summary>Tokens of the longest prompt.</summary>
    public int Longest => IsImage[0].Length;
}
