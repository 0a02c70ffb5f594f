using static TorchSharp.torch;

namespace Fovea.Models.MixedPrecision;

/// <summary>
/// Causal attention in bfloat16 by plain products, with its gradient: queries in pieces, each against the keys up to its end, probabilities kept. On processors with matrix units twice
/// as fast, forward and backward together, as the fused operator, at the price of the probabilities' memory.
/// </summary>
internal sealed class CausalAttention : IDisposable
{
    private const int Piece = 128;
    private const long MostBytes = 64L << 20;
    private readonly Tensor _query, _key, _value; // [batch * heads, seq, head_dim]; the query is scaled
    private readonly List<Tensor> _probabilities = []; // [batch * heads, piece, keys]
    private readonly long _heads;
    private readonly float _scale;

    /// <summary>Computes <see cref="Output"/>.</summary>
    /// <param name="query"><c>[batch, seq, heads, head_dim]</c>.</param>
    /// <param name="key">The same shape.</param>
    /// <param name="value">The same shape.</param>
    public CausalAttention(Tensor query, Tensor key, Tensor value)
    {
        using var scope = NewDisposeScope();
        var (seq, dim) = (query.shape[1], query.shape[3]);
        _heads = query.shape[2];
        _scale = 1f / MathF.Sqrt(dim);
        _query = Rows(query * _scale).DetachFromDisposeScope();
        _key = Rows(key).DetachFromDisposeScope();
        _value = Rows(value).DetachFromDisposeScope();
        var output = empty_like(_query);
        for (var start = 0L; start < seq; start += Piece)
        {
            using var inner = NewDisposeScope();
            var length = Math.Min(Piece, seq - start);
            var scores = _query.narrow(1, start, length).bmm(_key.narrow(1, 0, start + length).transpose(1, 2)); // [batch * heads, piece, keys]
            scores.narrow(2, start, length).add_(Later(length, query.device));
            var probabilities = scores.softmax(-1);
            output.narrow(1, start, length).copy_(probabilities.bmm(_value.narrow(1, 0, start + length)));
            _probabilities.Add(probabilities.DetachFromDisposeScope());
        }

        Output = Joined(output).DetachFromDisposeScope();
    }

    /// <summary><c>[batch, seq, heads * head_dim]</c>.</summary>
    public Tensor Output { get; }

    /// <summary>Whether the probabilities of such queries are worth their memory.</summary>
    public static bool Fits(long batch, long heads, long seq) => batch * heads * seq * (seq + Piece) <= MostBytes; // half of them, two bytes each

    /// <summary>How many probabilities are kept a row and head: the sum over pieces of queries times keys up to the piece's end.</summary>
    public static long Probabilities(long seq)
    {
        var (whole, rest) = Math.DivRem(seq, Piece);
        return (Piece * Piece * whole * (whole + 1) / 2) + (rest * seq);
    }

    /// <summary>All that is held between the passes.</summary>
    internal IEnumerable<Tensor> Kept => [_query, _key, _value, Output, .. _probabilities];

    /// <summary>Gradients of query, key and value, each <c>[batch, seq, heads, head_dim]</c>.</summary>
    /// <param name="kernels">For the softmax's gradient.</param>
    /// <param name="gradient">Of the output: <c>[batch, seq, heads * head_dim]</c>.</param>
    public (Tensor Query, Tensor Key, Tensor Value) Backward(MixedKernels kernels, Tensor gradient)
    {
        using var scope = NewDisposeScope();
        var rows = Rows(gradient.unflatten(2, [_heads, -1])); // [batch * heads, seq, head_dim]
        var (query, key, value) = (empty_like(_query), zeros_like(_key), zeros_like(_value));
        for (var i = 0; i < _probabilities.Count; i++)
        {
            using var inner = NewDisposeScope();
            var probabilities = _probabilities[i];
            var (start, length, keys) = ((long)i * Piece, probabilities.shape[1], probabilities.shape[2]);
            var above = rows.narrow(1, start, length); // [batch * heads, piece, head_dim]
            value.narrow(1, 0, keys).add_(probabilities.transpose(1, 2).bmm(above));
            var scores = kernels.SoftmaxGradient(above.bmm(_value.narrow(1, 0, keys).transpose(1, 2)), probabilities);
            query.narrow(1, start, length).copy_(scores.bmm(_key.narrow(1, 0, keys)));
            key.narrow(1, 0, keys).add_(scores.transpose(1, 2).bmm(_query.narrow(1, start, length)));
        }

        return (Split(query.mul_(_scale)).MoveToOuterDisposeScope(), Split(key).MoveToOuterDisposeScope(), Split(value).MoveToOuterDisposeScope());
    }

    public void Dispose()
    {
        foreach (var tensor in Kept)
        {
            tensor.Dispose();
        }
    }

    private static Tensor Later(long length, Device device) => full([length, length], float.NegativeInfinity, ScalarType.BFloat16, device).triu(1);

    private static Tensor Rows(Tensor x) => x.transpose(1, 2).flatten(0, 1).contiguous();

    private Tensor Joined(Tensor rows) => rows.unflatten(0, [-1, _heads]).transpose(1, 2).flatten(2);

    private Tensor Split(Tensor rows) => rows.unflatten(0, [-1, _heads]).transpose(1, 2);
}
