using Fovea.Models.Batching;
using Fovea.Models.Decoders;
using Fovea.Models.Families;
using Fovea.Models.Guidance;
using Fovea.Models.Vision;
using static TorchSharp.torch;

namespace Fovea.Models.Generation;

/// <summary>
/// A batch under way: what the model remembers of each row, with a cache or, without one, as the embeddings of all tokens so far.
/// Prompts are padded on the left and kept apart by segments, so that a row does not depend on its neighbours.
/// </summary>
internal sealed class DecodingState : IDecodingState
{
    private readonly DecoderModel _model;
    private readonly ImageFeatureCache? _features;
    private readonly int _longest; // tokens of the longest prompt: where new tokens begin
    private readonly KeyValueCache? _cache;
    private readonly BatchAttention? _attention;
    private long[] _positions; // of each row's next token
    private Tensor? _pastEmbeddings, _pastPositions, _pastSegments; // without a cache: [rows, seq, hidden], [rows, seq], [rows, seq]

    /// <summary>Makes the state of prompts that are not empty; see <see cref="Start"/>.</summary>
    /// <param name="model">The model.</param>
    /// <param name="prompts">What <see cref="Start"/> will be given.</param>
    /// <param name="maxNewTokens">Most tokens that will be added to a row.</param>
    /// <param name="options">Whether keys and values are kept, and images' features.</param>
    /// <param name="method">Whose change of attention is made; null for none.</param>
    public DecodingState(DecoderModel model, ExpandedSample[] prompts, int maxNewTokens, GenerationOptions options, DecodingMethod? method = null)
    {
        (_model, _features) = (model, options.ImageFeatures);
        _longest = prompts.Max(p => p.InputIds.Length);
        _positions = Array.ConvertAll(prompts, p => (long)p.InputIds.Length);
        _cache = options.UseCache ? new KeyValueCache(model.Decoder.Config, prompts.Length, _longest + maxNewTokens) : null;
        _attention = method?.Attention(PromptRows.Of(model, prompts), model.Decoder.Config.NumLayers);
    }

    public Tensor Start(ExpandedSample[] prompts, int padId)
    {
        using var scope = NewDisposeScope();
        var (ids, positions, segments) = (new long[prompts.Length * _longest], new long[prompts.Length * _longest], new long[prompts.Length * _longest]);
        Array.Fill(ids, padId);
        for (var b = 0; b < prompts.Length; b++)
        {
            var prompt = prompts[b].InputIds;
            for (var i = 0; i < prompt.Length; i++)
            {
                var at = (b * _longest) + _longest - prompt.Length + i;
                ids[at] = prompt[i];
                positions[at] = i;
                segments[at] = 1;
            }
        }

        var padded = prompts.Any(p => p.InputIds.Length < _longest);
        var device = _model.Decoder.Device;
        Tensor Rows(long[] values) => tensor(values, [prompts.Length, _longest], device: device);
        var embeddings = _model.Embed(Rows(ids), [.. prompts.SelectMany(p => p.Images)], _features); // [prompts, longest, hidden]
        if (_cache is null)
        {
            (_pastEmbeddings, _pastPositions, _pastSegments) = (Kept(embeddings), Kept(Rows(positions)), Kept(Rows(segments)));
            return Rerun().MoveToOuterDisposeScope();
        }

        return Forward(new DecoderInput
        {
            Embeddings = embeddings,
            PositionIds = padded ? Rows(positions) : null,
            SegmentIds = padded ? Rows(segments) : null,
            Cache = _cache,
            LogitPositions = LastOf(prompts.Length, _longest),
        }).MoveToOuterDisposeScope();
    }

    public Tensor Next(long[] ids)
    {
        using var scope = NewDisposeScope();
        var device = _model.Decoder.Device;
        var added = tensor(ids, [ids.Length, 1], device: device);
        var positions = tensor(_positions, [ids.Length, 1], device: device);
        _positions = Array.ConvertAll(_positions, p => p + 1);
        if (_cache is null)
        {
            Replace(ref _pastEmbeddings, cat([_pastEmbeddings!, _model.Decoder.Embed(added)], 1));
            Replace(ref _pastPositions, cat([_pastPositions!, positions], 1));
            Replace(ref _pastSegments, cat([_pastSegments!, ones_like(positions)], 1));
            return Rerun().MoveToOuterDisposeScope();
        }

        return Forward(new DecoderInput
        {
            InputIds = added,
            PositionIds = positions,
            Cache = _cache,
            LogitPositions = LastOf(ids.Length, 1),
        }).MoveToOuterDisposeScope();
    }

    public void SelectRows(int[] rows) => Rearrange(rows, index => _cache!.SelectRows(index));

    public void ReorderBeams(int[] rows) => Rearrange(rows, index => _cache!.ReorderRows(index, _longest));

    public void Dispose()
    {
        _cache?.Dispose();
        _attention?.Dispose();
        _pastEmbeddings?.Dispose();
        _pastPositions?.Dispose();
        _pastSegments?.Dispose();
    }

    private void Rearrange(int[] rows, Action<Tensor> rearrangeCache)
    {
        if (rows.Length == _positions.Length && rows.Select((row, i) => row == i).All(same => same))
        {
            return;
        }

        using var scope = NewDisposeScope();
        var index = tensor(Array.ConvertAll(rows, r => (long)r), device: _model.Decoder.Device);
        _positions = Array.ConvertAll(rows, r => _positions[r]);
        _attention?.SelectRows(index);
        if (_cache is not null)
        {
            rearrangeCache(index);
            return;
        }

        Replace(ref _pastEmbeddings, _pastEmbeddings!.index_select(0, index));
        Replace(ref _pastPositions, _pastPositions!.index_select(0, index));
        Replace(ref _pastSegments, _pastSegments!.index_select(0, index));
    }

    private Tensor Rerun() => Forward(new DecoderInput
    {
        Embeddings = _pastEmbeddings,
        PositionIds = _pastPositions,
        SegmentIds = _pastSegments,
        LogitPositions = LastOf(_pastEmbeddings!.shape[0], _pastEmbeddings.shape[1]),
    });

    private Tensor Forward(DecoderInput input)
    {
        var output = _model.Decoder.Forward(input with { Hook = _attention });
        output.Hidden.Dispose();
        return output.Logits!.to(ScalarType.Float32);
    }

    /// <summary>Flat indices of the last column: <c>[rows]</c>.</summary>
    private Tensor LastOf(long rows, long columns) =>
        tensor(Array.ConvertAll(Enumerable.Range(1, (int)rows).ToArray(), row => (row * columns) - 1), device: _model.Decoder.Device);

    private static Tensor Kept(Tensor tensor) => tensor.DetachFromDisposeScope();

    private static void Replace(ref Tensor? held, Tensor by)
    {
        held?.Dispose();
        held = Kept(by);
    }
}
