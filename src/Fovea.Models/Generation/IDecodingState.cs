using Fovea.Models.Batching;
using static TorchSharp.torch;

namespace Fovea.Models.Generation;

/// <summary>A batch under way: scores of each row's next token, given the ids that were chosen so far.</summary>
internal interface IDecodingState : IDisposable
{
    /// <summary>Reads the prompts and their images: scores of each one's next token <c>[prompts, vocab]</c>, float32.</summary>
    Tensor Start(ExpandedSample[] prompts, int padId);

    /// <summary>Adds one token to each row: scores of the next <c>[rows, vocab]</c>.</summary>
    Tensor Next(long[] ids);

    /// <summary>Keeps the given rows, in that order; a row may be given several times or not at all.</summary>
    void SelectRows(int[] rows);

    /// <summary>Exchanges rows of one prompt among themselves.</summary>
    void ReorderBeams(int[] rows);
}
