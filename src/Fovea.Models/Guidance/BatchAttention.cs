using Fovea.Models.Decoders;
using Fovea.Torch;
using static TorchSharp.torch;

namespace Fovea.Models.Guidance;

/// <summary>
/// Changes attention in one batch, or looks at it, and knows where each of its rows has its images. Rows leave the batch and change places as the batch's
/// cache does.
/// </summary>
public abstract class BatchAttention : IAttentionHook, IDisposable
{
    private readonly int _longest;
    private Tensor _isImage; // [rows, longest]

    /// <summary>Of a batch.</summary>
    protected BatchAttention(PromptRows rows)
    {
        _longest = rows.Longest;
        _isImage = tensor(rows.IsImage.SelectMany(row => row).ToArray(), [rows.IsImage.Count, _longest], device: rows.Device).DetachFromDisposeScope();
    }

    /// <inheritdoc/>
    public abstract bool Reads(int layer);

    /// <inheritdoc/>
    public virtual void OnInput(int layer, Tensor hidden)
    {
    }

    /// <inheritdoc/>
    public virtual Tensor OnScores(int layer, Tensor scores) => scores;

    /// <inheritdoc/>
    public virtual Tensor OnWeights(int layer, Tensor weights) => weights;

    /// <summary>Keeps the given rows, in that order; a row may be given several times or not at all.</summary>
    /// <param name="rows">Row indices: <c>[new rows]</c>, int64.</param>
    public virtual void SelectRows(Tensor rows) => Select(ref _isImage, rows);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees what the batch needed.</summary>
    protected virtual void Dispose(bool disposing) => _isImage.Dispose();

    /// <summary>Which keys are image tokens: <c>[rows, keys]</c>, bool; tokens behind the prompt are none.</summary>
    protected Tensor ImageKeys(long keys) => keys == _longest
        ? _isImage.alias()
        : cat([_isImage, zeros([_isImage.shape[0], keys - _longest], ScalarType.Bool, _isImage.device)], 1);

    /// <summary>Which queries an answer's tokens are predicted from, the prompt's last and all behind it: <c>[queries]</c>, bool.</summary>
    protected Tensor AnswerQueries(long queries, long keys) =>
        TensorNumbers.Range(keys - queries, keys, device: _isImage.device).ge(tensor((long)_longest - 1, device: _isImage.device));

    /// <summary>Which queries stand behind their row's last image token: <c>[rows, queries]</c>, bool; none of a row without images.</summary>
    protected Tensor QueriesBehindImages(long queries, long keys)
    {
        var images = ImageKeys(keys).to(ScalarType.Int64);
        var behind = images.flip(1).cumsum(1).flip(1).IsNumber(0).logical_and(images.sum(1, keepdim: true).ne(zeros(1, ScalarType.Int64, images.device)));
        return behind.narrow(1, keys - queries, queries);
    }

    /// <summary>Keeps rows of a tensor <c>[rows, ...]</c> that is held.</summary>
    protected static void Select(ref Tensor held, Tensor rows)
    {
        using var old = held;
        held = old.index_select(0, rows).DetachFromDisposeScope();
    }
}
