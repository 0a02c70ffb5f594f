using Fovea.Core.Errors;
using Fovea.Core.Randomness;
using Fovea.Core.Samples;
using Fovea.Data.Corpora;
using Fovea.Data.Templates;

namespace Fovea.Data.Auditing;

/// <summary>Records that a corpus cannot use for one reason.</summary>
/// <param name="Reason">Its name: one of the rules of conversations or templates, <c>image</c> for a picture that is missing or refused, else <c>malformed</c>.</param>
/// <param name="Count">How many.</param>
/// <param name="First">The first of them, with what is wrong with it.</param>
public sealed record InvalidCount(string Reason, int Count, string First);

/// <summary>What a corpus is under a tokenizer and a template, before images are expanded and texts are cut.</summary>
public sealed record CorpusAudit
{
    private const string BadImage = "image";

    /// <summary>Records in the file.</summary>
    public required int Records { get; init; }

    /// <summary>Records that training could use.</summary>
    public required int Valid { get; init; }

    /// <summary>Tokens of all valid samples; an image counts as one.</summary>
    public required long Tokens { get; init; }

    /// <summary>Tokens that carry loss.</summary>
    public required long Targets { get; init; }

    /// <summary>Images that valid samples name; one named twice counts twice.</summary>
    public required long Images { get; init; }

    /// <summary>Tokens of the longest valid sample.</summary>
    public required int LongestSample { get; init; }

    /// <summary>Valid samples by the template they were rendered with.</summary>
    public required IReadOnlyDictionary<string, int> Templates { get; init; }

    /// <summary>The others by reason, the most frequent first.</summary>
    public required IReadOnlyList<InvalidCount> Invalid { get; init; }

    /// <summary>Some valid samples, in file order.</summary>
    public required IReadOnlyList<MarkedSample> Samples { get; init; }

    /// <summary>Examines a corpus.</summary>
    /// <param name="corpus">Read with an unlimited number of invalid records.</param>
    /// <param name="encoder">Tokenizer and templates.</param>
    /// <param name="samples">How many samples to show.</param>
    /// <param name="seed">Which ones: the same seed shows the same.</param>
    /// <param name="cancel">Stops the work.</param>
    public static CorpusAudit Of(FileCorpus corpus, SampleEncoder encoder, int samples, long seed, CancellationToken cancel = default)
    {
        var (valid, templates) = (new List<Sample>(), new SortedDictionary<string, int>(StringComparer.Ordinal));
        var invalid = corpus.Invalid.Select(i => (Reason: NameOf(i.Reason), First: $"record {i.Key.Record}: {i.Reason}")).ToList();
        var (tokens, targets, images, longest) = (0L, 0L, 0L, 0);
        foreach (var sample in corpus.Samples)
        {
            cancel.ThrowIfCancellationRequested();
            var reason = BadImage;
            try
            {
                for (var i = 0; i < sample.Images.Count; i++)
                {
                    corpus.ImagePath(sample, i);
                }

                reason = null;
                var encoded = encoder.Encode(sample);
                tokens += encoded.InputIds.Length;
                targets += encoded.TargetIndices.Length;
                images += encoded.Images.Count;
                longest = Math.Max(longest, encoded.InputIds.Length);
                var template = encoder.Templates.For(sample).Name;
                templates[template] = templates.GetValueOrDefault(template) + 1;
                valid.Add(sample);
            }
            catch (InvalidInputException e)
            {
                invalid.Add((reason ?? NameOf(Own(e)), $"record {sample.Key.Record}: {Own(e)}"));
            }
        }

        var shown = new RandomSource(seed, "audit").Permutation(valid.Count).Take(samples).Order();
        return new CorpusAudit
        {
            Records = corpus.Samples.Count + corpus.Invalid.Count,
            Valid = valid.Count,
            Tokens = tokens,
            Targets = targets,
            Images = images,
            LongestSample = longest,
            Templates = templates,
            Invalid = [.. invalid.GroupBy(i => i.Reason).Select(g => new InvalidCount(g.Key, g.Count(), g.First().First)).OrderByDescending(i => i.Count).ThenBy(i => i.Reason, StringComparer.Ordinal)],
            Samples = [.. shown.Select(i => encoder.Mark(valid[i]))],
        };
    }

    /// <summary>The name that a reason begins with, as in <c>role_order: ...</c>.</summary>
    private static string NameOf(string reason)
    {
        var colon = reason.IndexOf(": ", StringComparison.Ordinal);
        return colon > 0 && reason[..colon].All(c => c is '_' or >= 'a' and <= 'z') && reason[..colon].Contains('_', StringComparison.Ordinal) ? reason[..colon]
            : reason.StartsWith("image \"", StringComparison.Ordinal) ? BadImage : "malformed";
    }

    /// <summary>The error's message without file and record.</summary>
    private static string Own(InvalidInputException e)
    {
        var place = e.Record is { } r ? $"{e.File}, record {r}: " : $"{e.File}: ";
        return e.Message.StartsWith(place, StringComparison.Ordinal) ? e.Message[place.Length..] : e.Message;
    }
}
