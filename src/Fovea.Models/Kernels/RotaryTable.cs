namespace Fovea.Models.Kernels;

/// <summary>Where in memory the cosines and sines of all tokens of a pass are.</summary>
internal readonly unsafe struct RotaryTable
{
    private readonly float* _cosine, _sine;
    private readonly bool _byRow;

    public RotaryTable(RotaryFactors? rotation)
    {
        if (rotation is not null)
        {
            _cosine = CpuTensor.Pointer<float>(rotation.Cosine);
            _sine = CpuTensor.Pointer<float>(rotation.SignedSine);
            _byRow = rotation.Cosine.dim() == 4 && rotation.Cosine.shape[0] > 1;
        }
    }

    public RotaryFactor At(long row, long position, long seq, long dim)
    {
        var at = ((_byRow ? row * seq : 0) + position) * dim;
        return _cosine == null ? default : new RotaryFactor(_cosine + at, _sine + at);
    }
}

/// <summary>Where in memory one token's cosines and sines are; null pointers for none.</summary>
internal readonly unsafe struct RotaryFactor(float* cosine, float* signedSine)
{
    public readonly float* Cosine = cosine, SignedSine = signedSine;
}
