using Fovea.Models.Configs;
using Fovea.Models.Parameters;
using Fovea.Torch;
using static TorchSharp.torch;

namespace Fovea.Models.Decoders;

/// <summary>
/// A causal decoder of the llama, mistral or qwen2 family: RMS norms, rotary positions, grouped-query attention, gated MLP.
/// Its parameters belong to a <see cref="ParameterSet"/>. Trains where they require gradients.
/// </summary>
public sealed partial class Decoder : IDisposable
{
    private readonly Tensor _embedding; // [vocab, hidden]
    private readonly DecoderBlock[] _blocks;
    private readonly RmsNorm _norm;
    private readonly Tensor _head; // [vocab, hidden]
    private readonly RotaryEmbedding _rotary;
    private readonly bool _hasWindow, _hasFull;

    /// <summary>Takes parameters by their names.</summary>
    /// <param name="config">Shape.</param>
    /// <param name="parameters">Holds them; see <see cref="Specs"/>.</param>
    /// <param name="prefix">Before each name but the head's: <c>model.</c> or <c>model.language_model.</c>.</param>
    public Decoder(DecoderConfig config, ParameterSet parameters, string prefix)
    {
        Config = config;
        Prefix = prefix;
        _embedding = parameters[prefix + EmbeddingName];
        _head = config.TieWordEmbeddings ? _embedding : parameters[HeadName];
        _norm = new RmsNorm(parameters[prefix + "norm.weight"], config.RmsNormEps);
        _rotary = new RotaryEmbedding(config.Rope, config.HeadDim, DecoderBlock.JoinsProjections(config), _embedding.device);
        _blocks = [.. Enumerable.Range(0, config.NumLayers).Select(i => new DecoderBlock(config, parameters, prefix, i, _rotary))];
        _hasWindow = Enumerable.Range(0, config.NumLayers).Any(i => config.WindowOf(i) is not null);
        _hasFull = Enumerable.Range(0, config.NumLayers).Any(i => config.WindowOf(i) is null);
    }

    /// <summary>Shape.</summary>
    public DecoderConfig Config { get; }

    /// <summary>Where the parameters are.</summary>
    public Device Device => _embedding.device;

    /// <summary>Type of the residual stream: that of the parameters, but never shorter than float32.</summary>
    internal ScalarType Type => _embedding.dtype == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32;

    /// <summary>Types of the matrix products.</summary>
    public MatmulPolicy Policy { get; set; } = MatmulPolicy.F32;

    /// <summary>
    /// Runs passes of training where it serves, to the final norm's output at the wanted tokens, <c>[wanted, hidden]</c>; null for plain operators only.
    /// Owned here.
    /// </summary>
    internal IDecoderPath? Training { get; set; }

    /// <summary>
    /// Runs passes without gradients where it serves, to logits at the wanted tokens, <c>[wanted, vocab]</c>; null for plain operators only. Owned here.
    /// </summary>
    internal IDecoderPath? Inference
    {
        get;
        set
        {
            field?.Dispose();
            field = value;
        }
    }

    /// <summary>Before each parameter's name but the head's.</summary>
    public string Prefix { get; }

    internal const string HeadName = "lm_head.weight";

    /// <summary>Name of the embedding, after the prefix.</summary>
    internal const string EmbeddingName = "embed_tokens.weight";

    /// <summary>Looks ids up: <c>[batch, seq]</c> -> <c>[batch, seq, hidden]</c>.</summary>
    public Tensor Embed(Tensor inputIds)
    {
        using var flat = inputIds.flatten(); // [batch * seq]
        using var stored = _embedding.index_select(0, flat); // [batch * seq, hidden]
        using var rows = stored.dtype == Type ? stored.alias() : stored.to(Type);
        return rows.view(inputIds.shape[0], inputIds.shape[1], Config.HiddenSize);
    }

    /// <summary>Runs all blocks and the final norm by plain operators; the head at the wanted positions only.</summary>
    public DecoderOutput Forward(DecoderInput input)
    {
        using var scope = NewDisposeScope();
        var x = EmbeddingsOf(input);
        var seq = x.shape[1];
        var context = Context(input, x);
        List<Tensor>? states = input.KeepHiddenStates ? [x] : null;
        foreach (var block in _blocks)
        {
            x = block.Forward(x, context);
            states?.Add(x);
        }

        input.Cache?.Advance(seq);
        var hidden = _norm.Forward(x);
        Tensor? logits = null;
        if (input.LogitPositions is { } positions)
        {
            var wanted = hidden.view(-1, Config.HiddenSize).index_select(0, positions); // [wanted, hidden]
            logits = Head(wanted).MoveToOuterDisposeScope();
        }

        if (states is not null)
        {
            // The last state is after the norm, as Transformers lists them; aliases leave the caller's embeddings its own.
            states[^1] = hidden;
            states = [.. states.Select(s => s.alias().MoveToOuterDisposeScope())];
        }

        return new DecoderOutput(hidden.MoveToOuterDisposeScope(), logits, states);
    }

    /// <summary>The final norm's output at the wanted positions only: what a loss needs. Keeps no cache, no hook, no states.</summary>
    /// <param name="input">Embeddings or ids, and <see cref="DecoderInput.LogitPositions"/>.</param>
    /// <param name="recomputation">Keeps each block's input instead of all that its gradient needs; null to keep all.</param>
    /// <returns><c>[wanted, hidden]</c>; <see cref="Head"/> makes logits of it.</returns>
    public Tensor HiddenAt(DecoderInput input, Recomputation? recomputation = null)
    {
        using var scope = NewDisposeScope();
        var x = EmbeddingsOf(input);
        var trains = recomputation is not null && (x.requires_grad || _blocks.Any(b => b.IsTrained));
        if (trains && Training is { Serves: true } path)
        {
            return path.Run(Pass(input, x) with { Recomputation = recomputation }).MoveToOuterDisposeScope();
        }

        var context = Context(input, x);
        if (trains && recomputation!.Recomputes)
        {
            context.KeepIn(recomputation);
            x = recomputation.Run(x, [.. _blocks.Select(b => (Func<Tensor, Tensor>)(y => b.Forward(y, context)))]);
        }
        else
        {
            foreach (var block in _blocks)
            {
                x = block.Forward(x, context);
            }
        }

        return NormAt(x, WantedOf(input)).MoveToOuterDisposeScope();
    }

    /// <summary>Whether training runs in bfloat16 with gradients written out: where the decoder was given a path that can.</summary>
    public bool IsMixed => Training is { Serves: true };

    /// <summary>The head's weight <c>[vocab, hidden]</c>, where it is multiplied in bfloat16 and held in float32; null otherwise.</summary>
    internal Tensor? MixedHead => Policy.Head == DType.BF16 && _head.dtype == ScalarType.Float32 ? _head : null;

    /// <summary>Logits of final hidden states: <c>[wanted, hidden]</c> -> <c>[wanted, vocab]</c>.</summary>
    public Tensor Head(Tensor hidden) => Linear.Product(hidden, _head, null, Policy.Head);

    /// <summary>
    /// Logits at the wanted positions: by <see cref="Inference"/> where it serves, otherwise as <see cref="Forward"/> gives them, as with a hook, since no
    /// other path has attention weights. Of the last block only the wanted tokens' output is computed. No cache.
    /// </summary>
    /// <returns><c>[wanted, vocab]</c>.</returns>
    public Tensor LogitsAt(DecoderInput input)
    {
        if (input.Hook is not null)
        {
            using var output = Forward(input);
            return output.Logits!.alias();
        }

        using var scope = NewDisposeScope();
        var x = EmbeddingsOf(input);
        if (Inference is { Serves: true } path)
        {
            return path.Run(Pass(input, x)).MoveToOuterDisposeScope();
        }

        var (context, wanted) = (Context(input, x), WantedOf(input));
        foreach (var block in _blocks)
        {
            x = block.Forward(x, context, block == _blocks[^1] ? wanted : null);
        }

        return Head(_norm.Forward(x)).MoveToOuterDisposeScope();
    }

    /// <summary>The blocks' linear maps.</summary>
    internal IEnumerable<Linear> Linears => _blocks.SelectMany(b => b.Linears);

    /// <summary>What the blocks are made of.</summary>
    internal IReadOnlyList<BlockWeights> Blocks => Array.ConvertAll(_blocks, b => b.Weights);

    /// <summary>The final norm's weight: <c>[hidden]</c>.</summary>
    internal Tensor NormWeight => _norm.Weight;

    /// <summary>The head's weight: <c>[vocab, hidden]</c>.</summary>
    internal Tensor HeadWeight => _head;

    /// <summary>The final norm of some tokens of the stream behind the last block: <c>[batch, seq, hidden]</c> -> <c>[wanted, hidden]</c>.</summary>
    internal Tensor NormAt(Tensor x, Tensor wanted) => _norm.Forward(x.view(-1, Config.HiddenSize).index_select(0, wanted).to(Type));

    /// <inheritdoc/>
    public void Dispose()
    {
        Training?.Dispose();
        Inference = null;
        _rotary.Dispose();
    }

    private static Tensor WantedOf(DecoderInput input) => input.LogitPositions ?? throw new ArgumentException("no positions", nameof(input));

    private Tensor EmbeddingsOf(DecoderInput input) =>
        input.Embeddings ?? Embed(input.InputIds ?? throw new ArgumentException("neither ids nor embeddings", nameof(input)));

    private DecoderPass Pass(DecoderInput input, Tensor x) =>
        new(x, Positions(input, x.shape[1]), Masks(input, x.shape[0], x.shape[1]), WantedOf(input), input.RowLengths);

    private BlockContext Context(DecoderInput input, Tensor x) =>
        new(_rotary.At(Positions(input, x.shape[1])), Masks(input, x.shape[0], x.shape[1]), input.Cache, input.Hook, Policy);

    /// <summary><c>[seq]</c> or <c>[batch, seq]</c>.</summary>
    private Tensor Positions(DecoderInput input, long seq)
    {
        var held = input.Cache?.Length ?? 0;
        return input.PositionIds ?? TensorNumbers.Range(held, held + seq, device: Device);
    }

    private AttentionMasks Masks(DecoderInput input, long batch, long seq)
    {
        var held = input.Cache?.Length ?? 0;
        if (input.Cache is { } cache && cache.Batch != batch)
        {
            throw new FoveaException($"key-value cache: {cache.Batch} rows; expected {batch}");
        }

        var segments = input.Cache is null ? input.SegmentIds : input.Cache.JoinSegments(input.SegmentIds, batch, seq, Device);
        var needed = segments is not null || (held > 0 && seq > 1);
        var mask = needed && _hasFull ? AttentionMask.Additive(segments, seq, held + seq, null, Device).to(Type) : null;
        var window = Config.SlidingWindow is { } w && _hasWindow && (needed || held + seq > w)
            ? AttentionMask.Additive(segments, seq, held + seq, w, Device).to(Type)
            : null;
        return new AttentionMasks(mask, window);
    }
}
