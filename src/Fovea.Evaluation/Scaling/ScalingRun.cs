namespace Fovea.Evaluation.Scaling;

/// <summary>One training run of a grid of model and data sizes.</summary>
/// <param name="Parameters">Parameters that are trained, N.</param>
/// <param name="Tokens">Target tokens that training went through, D.</param>
/// <param name="Method">How it was trained.</param>
/// <param name="Seed">Of the run; the methods' runs of one (N, D, seed) share data and order, and are a pair.</param>
/// <param name="Loss">Held-out loss, the same measure for both methods, in nats per token.</param>
public sealed record ScalingRun(double Parameters, double Tokens, string Method, long Seed, double Loss);

/// <summary>
/// E + A N^-alpha + B D^-beta (Hoffmann et al. 2022, arXiv 2203.15556, approach 3).
/// </summary>
/// <param name="E">Loss that no size removes.</param>
/// <param name="A">Of the model's size.</param>
/// <param name="Alpha">Exponent of the model's size.</param>
/// <param name="B">Of the data's size.</param>
/// <param name="Beta">Exponent of the data's size.</param>
public sealed record ScalingLaw(double E, double A, double Alpha, double B, double Beta)
{
    /// <summary>Predicted loss in nats per token.</summary>
    public double Loss(double parameters, double tokens) => E + (A * Math.Pow(parameters, -Alpha)) + (B * Math.Pow(tokens, -Beta));
}
