namespace Fovea.Pipeline.Stages;

/// <summary>Samples longer than a model was made for: they are scored whole, since rotary positions continue beyond it, and that is said.</summary>
/// <param name="maxLength">Positions that the model was made for.</param>
public sealed class LongSamples(int maxLength)
{
    private readonly Dictionary<SampleKey, int> _found = [];

    /// <summary>What to say of them; null where there are none.</summary>
    public string? Notice
    {
        get
        {
            lock (_found)
            {
                return _found.Count == 0 ? null
                    : $"{_found.Count} {(_found.Count == 1 ? "sample is" : "samples are")} longer than the {maxLength} positions that the model was made for "
                        + $"({_found.MaxBy(f => f.Value).Key}: {_found.Values.Max()} tokens); nothing was cut, see --max-length";
            }
        }
    }

    /// <summary>Looks at one sample; its images' tokens count as one each.</summary>
    public void Note(TokenizedSample sample)
    {
        if (sample.InputIds.Length > maxLength)
        {
            lock (_found)
            {
                _found[sample.Key] = sample.InputIds.Length;
            }
        }
    }
}
