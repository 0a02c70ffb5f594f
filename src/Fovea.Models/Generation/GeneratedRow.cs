using Fovea.Core.Randomness;

namespace Fovea.Models.Generation;

/// <summary>One prompt's row in greedy or sampled generation, as it grows.</summary>
internal sealed class GeneratedRow(int prompt, int[] promptIds, int limit, GenerationOptions options, IIncrementalDecoder? decoder,
    Action<GeneratedPiece>? watch)
{
    private readonly List<int> _ids = [];
    private readonly RowText _text = new(decoder, options.StopStrings);
    private int? _endId;

    /// <summary>Why the row has ended; null while it continues.</summary>
    public StopReason? Ended { get; private set; }

    /// <summary>The row's own random draws.</summary>
    public RandomSource Draws { get; } = new(options.Sampling?.Seed ?? 0, "generation", prompt);

    /// <summary>The distinct ids of prompt and row.</summary>
    public HashSet<int> Held { get; } = options.RepetitionPenalty == 1 ? [] : [.. promptIds];

    /// <summary>Takes the chosen id; returns whether the row continues.</summary>
    public bool Add(int id)
    {
        if (options.EndIds.Contains(id))
        {
            _endId = id;
            End(StopReason.EndId);
            return false;
        }

        _ids.Add(id);
        Held.Add(id);
        var text = _text.Add(id);
        watch?.Invoke(new GeneratedPiece(prompt, id, text));
        if (_text.Stopped || _ids.Count >= limit)
        {
            End(_text.Stopped ? StopReason.StopString : StopReason.Length);
        }

        return Ended is null;
    }

    public GeneratedSequence Finish() => new([.. _ids], _text.Text, Ended ?? StopReason.Length, _endId, null);

    private void End(StopReason reason)
    {
        var rest = _text.End();
        Ended = _text.Stopped ? StopReason.StopString : reason;
        if (rest.Length > 0)
        {
            watch?.Invoke(new GeneratedPiece(prompt, null, rest));
        }
    }
}
