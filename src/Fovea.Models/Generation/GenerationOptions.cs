using Fovea.Core.Configuration;
using Fovea.Models.Guidance;
using Fovea.Models.Vision;

namespace Fovea.Models.Generation;

/// <summary>How new ids are chosen, and when a row ends. Greedy unless <see cref="Sampling"/> or <see cref="Beams"/> is set.</summary>
public sealed record GenerationOptions
{
    private const int MostBeams = 1024; // each is a row of the batch with a key-value cache of its own

    /// <summary>Most new ids a prompt, the end id included.</summary>
    public int MaxNewTokens { get; init; } = 128;

    /// <summary>Ids that end a row; empty for none.</summary>
    public IReadOnlyList<int> EndIds { get; init; } = [];

    /// <summary>Id that fills up shorter prompts; never looked at, but it must not be one of the model's image tokens.</summary>
    public int PadId { get; init; }

    /// <summary>Texts that end a row as soon as its new text holds one; that text and what follows it are cut off. They need a text decoder.</summary>
    public IReadOnlyList<string> StopStrings { get; init; } = [];

    /// <summary>Draws ids at random.</summary>
    public SamplingOptions? Sampling { get; init; }

    /// <summary>Searches with several beams a prompt.</summary>
    public BeamOptions? Beams { get; init; }

    /// <summary>Makes each step's scores, from which ids are then chosen, look more at the image; null for the model's own.</summary>
    public DecodingMethod? Method { get; init; }

    /// <summary>
    /// Divides positive and multiplies negative scores of ids that the prompt or the new text holds (CTRL, arXiv 1909.05858); 1 for none.
    /// With beams it works on log-probabilities, as in Transformers.
    /// </summary>
    public double RepetitionPenalty { get; init; } = 1;

    /// <summary>Most prompts at a time; no result depends on it (beyond the rounding of float32).</summary>
    public int BatchSize { get; init; } = 64;

    /// <summary>Whether keys and values are kept. Without, every token runs the whole row again: for checks only.</summary>
    public bool UseCache { get; init; } = true;

    /// <summary>
    /// Keeps images' features, so that prompts which share an image have it encoded once, whatever batch they are in; null: each batch encodes its images
    /// together. It stays its maker's to dispose.
    /// </summary>
    public ImageFeatureCache? ImageFeatures { get; init; }

    /// <summary>Checks every value.</summary>
    /// <param name="vocabSize">Ids that there are.</param>
    /// <exception cref="Core.Errors.FoveaException">The first value that is out of range, by its name.</exception>
    internal void Validate(int vocabSize)
    {
        static void Require(bool holds, string what, string expected, object? got) => OptionCheck.Require(holds, $"generation: {what}", expected, got);

        Require(MaxNewTokens >= 0, "max new tokens", "0 or more", MaxNewTokens);
        Require(BatchSize >= 1, "batch size", "1 or more", BatchSize);
        Require(double.IsFinite(RepetitionPenalty) && RepetitionPenalty > 0, "repetition penalty", "more than 0", RepetitionPenalty);
        Require(PadId >= 0 && PadId < vocabSize, "padding id", $"0 to {vocabSize - 1}", PadId);
        foreach (var id in EndIds)
        {
            Require(id >= 0 && id < vocabSize, "end id", $"0 to {vocabSize - 1}", id);
        }

        Require(StopStrings.All(s => s.Length > 0), "stop string", "at least one character", "\"\"");
        if (Sampling is { } s)
        {
            Require(double.IsFinite(s.Temperature) && s.Temperature > 0, "temperature", "more than 0 (leave sampling out for greedy)", s.Temperature);
            Require(s.TopK is null or >= 1, "top-k", "1 or more", s.TopK);
            Require(s.TopP is > 0 and <= 1, "top-p", "more than 0 and at most 1", s.TopP);
            Require(Beams is null, "sampling with beams", "one of the two", $"{Beams?.NumBeams} beams");
        }

        if (Beams is { } b)
        {
            Require(b.NumBeams is >= 1 and <= MostBeams, "beams", $"from 1 to {MostBeams}", b.NumBeams);
            Require((long)b.Candidates(EndIds.Count) <= (long)b.NumBeams * vocabSize, "beams",
                $"a number that a vocabulary of {vocabSize} has candidates for", b.NumBeams);
            Require(double.IsFinite(b.LengthPenalty), "length penalty", "a finite number", b.LengthPenalty);
        }
    }
}

/// <summary>Ids are drawn from the softmax of the scores, after temperature, top-k and top-p, in that order (Transformers').</summary>
public sealed record SamplingOptions
{
    /// <summary>Scores are divided by it; above 0.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Only this many best ids stay, and those that tie with the last of them; null for all.</summary>
    public int? TopK { get; init; }

    /// <summary>Only the fewest best ids stay whose probabilities exceed this together (nucleus, arXiv 1904.09751); 1 for all.</summary>
    public double TopP { get; init; } = 1;

    /// <summary>Every prompt has a stream of its own: the same seed and place in the list give the same draws, whatever the batch.</summary>
    public long Seed { get; init; } = 1;
}

/// <summary>Beam search as Transformers does it (since 4.50): scores are sums of log-probabilities over the number of new ids to a power.</summary>
public sealed record BeamOptions
{
    /// <summary>Rows that continue, and complete ones kept, for each prompt.</summary>
    public int NumBeams { get; init; } = 3;

    /// <summary>The power: above 0 favours long rows, below 0 short ones.</summary>
    public double LengthPenalty { get; init; } = 1;

    /// <summary>When a prompt's search ends.</summary>
    public EarlyStopping EarlyStopping { get; init; } = EarlyStopping.Estimate;

    /// <summary>Continuations looked at in a step: enough that all beams continue even if every end id is among the best.</summary>
    internal int Candidates(int numEndIds) => Math.Max(2, 1 + numEndIds) * NumBeams;
}

/// <summary>When beam search ends for a prompt; in each case also at the most new tokens.</summary>
public enum EarlyStopping
{
    /// <summary>
    /// Transformers' <c>False</c>: as many complete rows as beams, and the best open beam, scored at its length now, is not above the worst of them.
    /// </summary>
    Estimate,

    /// <summary>Transformers' <c>True</c>: as many complete rows as beams.</summary>
    WhenFull,

    /// <summary>Transformers' <c>"never"</c>: like the estimate, but an open beam is scored at the length that serves it best.</summary>
    Never,
}
