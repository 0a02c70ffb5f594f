using Fovea.Store;

namespace Fovea.Selection;

/// <summary>
/// Several methods at once: a sample is kept if each keeps it, and its weights are the products of theirs. Where one method's
/// weights are scaled to the number of targets and another masks tokens, the scaling comes first, over the sample's targets, and the product is used as it is:
/// a target masked away frees no weight for the others.
/// </summary>
public sealed class ProductSelector : ISelector
{
    private readonly IReadOnlyList<ISelector> _factors;

    /// <summary>The product of <paramref name="factors"/>, in this order for the reasons of dropped samples.</summary>
    /// <exception cref="UsageException">Fewer than two.</exception>
    public ProductSelector(IReadOnlyList<ISelector> factors)
    {
        _factors = factors.Count >= 2 ? factors : throw new UsageException($"product of methods: expected at least two, got {factors.Count}");
        var weighing = factors.Where(f => f.WeighsTokens).ToArray();
        Normalization = weighing is [{ Normalization: var only }] ? only : WeightNormalization.None;
    }

    public WeightNormalization Normalization { get; }

    public bool WeighsTokens => _factors.Any(f => f.WeighsTokens);

    public IReadOnlyCollection<string> Conditions => [.. _factors.SelectMany(f => f.Conditions).Distinct(StringComparer.Ordinal)];

    public ScoreFacts Facts => _factors.Aggregate(ScoreFacts.None, (all, f) => all | f.Facts);

    public IReadOnlyDictionary<string, string> Describe()
    {
        var fields = new Dictionary<string, string> { ["method"] = string.Join('*', _factors.Select(f => f.Describe()["method"])) };
        for (var i = 0; i < _factors.Count; i++)
        {
            foreach (var (field, value) in _factors[i].Describe())
            {
                fields[$"factor{i}.{field}"] = value;
            }
        }

        return fields;
    }

    public ISelection Fit(IEnumerable<TokenScores> scores) => new Product(this, [.. _factors.Select(f => f.Fit(scores))]);

    private float[]? Scaled(int factor, float[]? weights) => weights is null || Normalization == WeightNormalization.TargetCount
        ? weights
        : WeightNormalizer.Normalize(weights, weights.Length, _factors[factor].Normalization);

    private sealed class Product(ProductSelector owner, ISelection[] factors) : ISelection
    {
        public double? Tau => Array.Find(factors, f => f.Tau is not null)?.Tau;

        public double? TokenTau => Array.Find(factors, f => f.TokenTau is not null)?.TokenTau;

        public Decision Decide(TokenScores sample)
        {
            // Each is asked, also after one drops: some draw in order.
            var decisions = Array.ConvertAll(factors, f => f.Decide(sample));
            if (Array.Find(decisions, d => d.DropReason is not null) is { DropReason: { } reason })
            {
                return Decision.Drop(reason);
            }

            float[]? product = null;
            for (var f = 0; f < decisions.Length; f++)
            {
                product = Times(product, owner.Scaled(f, decisions[f].Weights));
            }

            return Decision.Keep(product);
        }

        private static float[]? Times(float[]? a, float[]? b)
        {
            if (a is null || b is null)
            {
                return a ?? b;
            }

            var product = new float[a.Length];
            for (var t = 0; t < product.Length; t++)
            {
                product[t] = a[t] * b[t];
            }

            return product;
        }
    }
}
