using Fovea.Core.Errors;
using Fovea.Models.Configs;
using Fovea.Models.Inference;
using Fovea.Models.Kernels;
using Fovea.Models.MixedPrecision;
using Fovea.Models.Parameters;
using Fovea.Torch;
using static TorchSharp.torch;

namespace Fovea.Models.Decoders;

/// <summary>
/// A causal decoder of the llama, mistral or qwen2 family: RMS norms, rotary positions, grouped-query attention, gated MLP.
/// Its parameters belong to a <see cref="ParameterSet"/>. Trains where they require gradients.
/// </summary>
public sealed class Decoder : IDisposable
{
    private readonly Tensor _embedding; // [vocab, hidden]
    private readonly DecoderBlock[] _blocks;
    private readonly RmsNorm _norm;
    private readonly Tensor _head; // [vocab, hidden]
    private readonly RotaryEmbedding _rotary;
    private readonly bool _hasWindow, _hasFull;
    private PackedDecoder? _packed;

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

    /// <summary>How attention of a training step in bfloat16 is cut into pieces.</summary>
    internal AttentionPieces AttentionPieces { get; set; } = AttentionPieces.Default;

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

    /// <summary>Runs all blocks and the final norm; the head at the wanted positions only.</summary>
    public DecoderOutput Forward(DecoderInput input)
    {
        using var scope = NewDisposeScope();
        var x = input.Embeddings ?? Embed(input.InputIds ?? throw new ArgumentException("neither ids nor embeddings", nameof(input)));
        var (batch, seq) = (x.shape[0], x.shape[1]);
        var context = Context(input, batch, seq);
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
            logits = Linear.Product(wanted, _head, null, Policy.Head).MoveToOuterDisposeScope();
        }

        if (states is not null)
        {
            // The last state is after the norm, as Transformers lists them; aliases leave the caller's embeddings its own.
            states[^1] = hidden;
            states = [.. states.Select(s => s.alias().MoveToOuterDisposeScope())];
        }

        return new DecoderOutput(hidden.MoveToOuterDisposeScope(), logits, states);
    }

    /// <summary>The blocks' linear maps.</summary>
    internal IEnumerable<Linear> Linears => _blocks.SelectMany(b => b.Linears);

    /// <summary>The final norm's output at the wanted positions only: what a loss needs. Keeps no cache, no hook, no states.</summary>
    /// <param name="input">Embeddings or ids, and <see cref="DecoderInput.LogitPositions"/>.</param>
    /// <param name="recomputation">Keeps each block's input instead of all that its gradient needs; null to keep all.</param>
    /// <returns><c>[wanted, hidden]</c>; <see cref="Head"/> makes logits of it.</returns>
    public Tensor HiddenAt(DecoderInput input, Recomputation? recomputation = null)
    {
        using var scope = NewDisposeScope();
        var x = input.Embeddings ?? Embed(input.InputIds ?? throw new ArgumentException("neither ids nor embeddings", nameof(input)));
        var context = Context(input, x.shape[0], x.shape[1]);
        var trains = recomputation is not null && (x.requires_grad || _blocks.Any(b => b.IsTrained));
        if (trains && IsMixed)
        {
            x = recomputation!.Run(x, MixedBlocks(context, recomputation));
        }
        else if (trains && recomputation!.Recomputes)
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

        var wanted = x.view(-1, Config.HiddenSize).index_select(0, input.LogitPositions ?? throw new ArgumentException("no positions", nameof(input)));
        return _norm.Forward(wanted.to(Type)).MoveToOuterDisposeScope();
    }

    /// <summary>Whether training runs in bfloat16 with gradients written out: products of attention and MLP in bfloat16, blocks of a form that is, and on the CPU, whose kernels are what makes it fast.</summary>
    public bool IsMixed => Device.type == TorchSharp.DeviceType.CPU && Policy is { Attention: MatmulType.BF16, Mlp: MatmulType.BF16 } && _blocks.All(b => MixedBlock.Supports(Config, b.Weights));

    /// <summary>The head's weight <c>[vocab, hidden]</c>, where it is multiplied in bfloat16 and held in float32; null otherwise.</summary>
    internal Tensor? MixedHead => Policy.Head == MatmulType.BF16 && _head.dtype == ScalarType.Float32 ? _head : null;

    private IExplicitBlock[] MixedBlocks(BlockContext context, Recomputation recomputation)
    {
        Tensor? Low(Tensor? x) => x is null ? null : recomputation.Keep(x.to(ScalarType.BFloat16));
        var rotation = new HeadRotation(recomputation.Keep(context.Rotation.Factor.alias()), recomputation.Keep(context.Rotation.SignedSin!.alias()));
        var shared = new MixedContext(rotation, Low(context.Mask), Low(context.WindowMask), AttentionPieces);
        return [.. _blocks.Select((b, i) => new MixedBlock(Config, i, b.Weights, shared, keeps: !recomputation.Recomputes))];
    }

    /// <summary>Logits of final hidden states: <c>[wanted, hidden]</c> -> <c>[wanted, vocab]</c>.</summary>
    public Tensor Head(Tensor hidden) => Linear.Product(hidden, _head, null, Policy.Head);

    /// <summary>
    /// Logits at the wanted positions in bfloat16, from copies of the weights that <see cref="Pack"/> has laid out for it; otherwise as <see cref="Forward"/> gives them.
    /// No cache, no hook.
    /// </summary>
    /// <returns><c>[wanted, vocab]</c>, float32.</returns>
    public Tensor LogitsAt(DecoderInput input)
    {
        if (_packed is null || is_grad_enabled())
        {
            using var output = Forward(input);
            return output.Logits!.alias();
        }

        using var scope = NewDisposeScope();
        var x = input.Embeddings ?? Embed(input.InputIds ?? throw new ArgumentException("neither ids nor embeddings", nameof(input)));
        var context = Context(input, x.shape[0], x.shape[1]);
        var positions = input.PositionIds ?? TensorNumbers.Range(0, x.shape[1], device: Device);
        return _packed.Logits(
            x, positions, input.RowLengths, context.Mask, context.WindowMask, input.LogitPositions ?? throw new ArgumentException("no positions", nameof(input))).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Lays the weights out for inference in bfloat16, in copies of their own (adapters merged), which <see cref="LogitsAt"/> uses from now on. What is changed in the
    /// parameters later is not seen there.
    /// </summary>
    public void Pack()
    {
        _packed?.Dispose();
        _packed = new PackedDecoder(Config, _blocks.Select(b => b.Weights), _norm.Weight, _head);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _packed?.Dispose();
        _rotary.Dispose();
    }

    /// <summary>Names, shapes and initial values of a decoder's parameters, in order; a tied head has none of its own.</summary>
    internal static IEnumerable<ParameterSpec> Specs(DecoderConfig c, string prefix)
    {
        ParameterSpec Weight(string name, params long[] shape) => new(prefix + name, shape, Initial.Normal(c.InitializerRange));
        long h = c.HiddenSize, q = (long)c.NumHeads * c.HeadDim, kv = (long)c.NumKeyValueHeads * c.HeadDim, m = c.IntermediateSize;
        yield return new ParameterSpec(prefix + EmbeddingName, [c.VocabSize, h], Initial.Lookup(c.InitializerRange));
        for (var i = 0; i < c.NumLayers; i++)
        {
            foreach (var (name, rows, columns, bias) in new[]
            {
                ("self_attn.q_proj", q, h, c.QueryKeyValueBias), ("self_attn.k_proj", kv, h, c.QueryKeyValueBias),
                ("self_attn.v_proj", kv, h, c.QueryKeyValueBias), ("self_attn.o_proj", h, q, c.OutputBias),
                ("mlp.gate_proj", m, h, c.MlpBias), ("mlp.up_proj", m, h, c.MlpBias), ("mlp.down_proj", h, m, c.MlpBias),
            })
            {
                yield return Weight($"layers.{i}.{name}.weight", rows, columns);
                if (bias)
                {
                    yield return new ParameterSpec($"{prefix}layers.{i}.{name}.bias", [rows], Initial.Zero);
                }
            }

            yield return new ParameterSpec($"{prefix}layers.{i}.input_layernorm.weight", [h], Initial.One);
            yield return new ParameterSpec($"{prefix}layers.{i}.post_attention_layernorm.weight", [h], Initial.One);
        }

        yield return new ParameterSpec(prefix + "norm.weight", [h], Initial.One);
        if (!c.TieWordEmbeddings)
        {
            yield return new ParameterSpec(HeadName, [c.VocabSize, h], Initial.Lookup(c.InitializerRange)); // small, so that a new model predicts every token alike
        }
    }

    private BlockContext Context(DecoderInput input, long batch, long seq)
    {
        var held = input.Cache?.Length ?? 0;
        if (input.Cache is { } cache && cache.Batch != batch)
        {
            throw new FoveaException($"key-value cache: {cache.Batch} rows; expected {batch}");
        }

        var device = Device;
        var positions = input.PositionIds ?? TensorNumbers.Range(held, held + seq, device: device); // [seq] or [batch, seq]
        var segments = input.Cache is null ? input.SegmentIds : input.Cache.JoinSegments(input.SegmentIds, batch, seq, device);
        var needed = segments is not null || (held > 0 && seq > 1);
        var mask = needed && _hasFull ? AttentionMask.Additive(segments, seq, held + seq, null, device).to(Type) : null;
        var window = Config.SlidingWindow is { } w && _hasWindow && (needed || held + seq > w)
            ? AttentionMask.Additive(segments, seq, held + seq, w, device).to(Type)
            : null;
        return new BlockContext(_rotary.At(positions), mask, window, input.Cache, input.Hook, Policy);
    }
}
