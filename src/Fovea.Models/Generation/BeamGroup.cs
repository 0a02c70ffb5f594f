namespace Fovea.Models.Generation;

/// <summary>An open beam: its new ids, and the sum of their log-probabilities in float32, as Transformers adds them.</summary>
internal sealed record OpenBeam(int[] Ids, float LogProb);

/// <summary>The beams of one prompt, open and complete.</summary>
internal sealed class BeamGroup(
    int prompt, int[] promptIds, int limit, GenerationOptions options, Func<IIncrementalDecoder>? textDecoder, Action<GeneratedPiece>? watch)
{
    private const float Barred = -1e9f;
    private readonly BeamOptions _beams = options.Beams!;
    private readonly List<(int[] Ids, float Score)> _complete = []; // best first

    /// <summary>
    /// Best first. At the start one real beam and copies that are barred, so that the first step does not take one continuation several times.
    /// </summary>
    public OpenBeam[] Open { get; private set; } =
        [.. Enumerable.Range(0, options.Beams!.NumBeams).Select(i => new OpenBeam([], i == 0 ? 0 : Barred))];

    /// <summary>Whether nothing can change any more.</summary>
    public bool Done { get; private set; }

    /// <summary>For each open beam the distinct ids of prompt and beam.</summary>
    public IEnumerable<HashSet<int>> Held => Open.Select(b => new HashSet<int>([.. promptIds, .. b.Ids]));

    /// <summary>Takes the best continuations of a step, best first; returns the index of the beam that each new open beam continues.</summary>
    /// <param name="logProbs">Of whole beams: <c>[candidates]</c>.</param>
    /// <param name="places">Beam * vocab + id: <c>[candidates]</c>.</param>
    /// <param name="vocabSize">Number of ids.</param>
    public int[] Take(ReadOnlySpan<float> logProbs, ReadOnlySpan<long> places, int vocabSize)
    {
        var length = Open[0].Ids.Length + 1;
        var candidates = new (int From, OpenBeam Beam, bool Ends)[places.Length];
        for (var i = 0; i < places.Length; i++)
        {
            var from = (int)(places[i] / vocabSize);
            int[] ids = [.. Open[from].Ids, (int)(places[i] % vocabSize)];
            candidates[i] = (from, new OpenBeam(ids, logProbs[i]), Ends(ids));
        }

        Complete(candidates.Take(_beams.NumBeams).Where(c => c.Ends).Select(c => c.Beam), length);
        var open = candidates
            .Select(c => c.Ends ? c with { Beam = c.Beam with { LogProb = c.Beam.LogProb + Barred } } : c)
            .OrderByDescending(c => c.Beam.LogProb).Take(_beams.NumBeams).ToArray();
        Open = Array.ConvertAll(open, c => c.Beam);
        Done = candidates.All(c => c.Ends) || (IsFull && (_beams.EarlyStopping == EarlyStopping.WhenFull || !CanImprove(length)));
        return Array.ConvertAll(open, c => c.From);
    }

    /// <summary>The best complete beam; its pieces are given out at once.</summary>
    public GeneratedSequence Finish()
    {
        var (ids, score) = _complete[0];
        int? endId = options.EndIds.Contains(ids[^1]) ? ids[^1] : null;
        var row = new RowText(textDecoder?.Invoke(), options.StopStrings);
        int[] kept = endId is null ? ids : ids[..^1];
        foreach (var id in kept)
        {
            Tell(id, row.Add(id));
        }

        Tell(null, row.End());
        var reason = row.Stopped ? StopReason.StopString : endId is not null ? StopReason.EndId : StopReason.Length;
        return new GeneratedSequence(kept, row.Text, reason, endId, score);
    }

    private bool IsFull => _complete.Count == _beams.NumBeams;

    private void Tell(int? id, string text)
    {
        if (id is not null || text.Length > 0)
        {
            watch?.Invoke(new GeneratedPiece(prompt, id, text));
        }
    }

    /// <summary>Only continuations among the best, as many as beams, may complete; the others are there to be continued.</summary>
    private void Complete(IEnumerable<OpenBeam> ended, int length)
    {
        // A list that was full before this step is kept only where early stopping ends the search, and then there is no such step.
        _complete.AddRange(ended.Select(b => (b.Ids, b.LogProb / Power(length))));
        var best = _complete.OrderByDescending(c => c.Score).Take(_beams.NumBeams).ToArray();
        _complete.Clear();
        _complete.AddRange(best);
    }

    /// <summary>Whether the best open beam, scored at a length to come, could be above the worst complete one.</summary>
    private bool CanImprove(int length)
    {
        var hypothetical = _beams.EarlyStopping == EarlyStopping.Never && _beams.LengthPenalty > 0 ? limit : length;
        return Open[0].LogProb / Power(hypothetical) > _complete[^1].Score;
    }

    private float Power(int length) => (float)Math.Pow(length, _beams.LengthPenalty);

    private bool Ends(int[] ids)
    {
        if (ids.Length >= limit || options.EndIds.Contains(ids[^1]))
        {
            return true;
        }

        if (options.StopStrings.Count == 0)
        {
            return false;
        }

        var text = new RowText(textDecoder!(), options.StopStrings);
        foreach (var id in ids)
        {
            text.Add(id);
        }

        return text.Stopped;
    }
}
